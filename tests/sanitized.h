/* Is this a build with sanitizers? */
#ifndef TESTS_SANITIZED_H
#define TESTS_SANITIZED_H

/* AddressSanitizer or ThreadSanitizer: long tests are then ten times shorter. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
