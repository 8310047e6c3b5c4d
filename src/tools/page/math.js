/* C's functions that JavaScript's Math lacks. A page gets those that its tape uses, and no comment outside a function.
   Source of the series: M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, chapters 6 and 7. */

function fabs(x) {
    return Math.abs(x);
}

function exp2(x) {
    return 2 ** x;
}

function fmod(a, b) {
    return a % b;
}

/* Away from 0 at ties, as in C. */
function round(x) {
    const whole = Math.trunc(x);
    return Math.abs(x - whole) < 0.5 ? whole : whole + Math.sign(x);
}

function copysign(a, b) {
    return b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a);
}

function erf(x) {
    const size = Math.abs(x);
    if (!(size < 2))
        return size > 6 ? Math.sign(x) : x > 0 ? 1 - erfc(x) : x < 0 ? erfc(-x) - 1 : x;
    let term = x, sum = x; /* all of one sign: exp(-x^2) times the sum of 2^n x^(2n + 1) / (1 3 5 ... (2n + 1)) */
    for (let n = 1; n < 60; n++)
        sum += term *= 2 * x * x / (2 * n + 1);
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

function erfc(x) {
    if (!(x >= 0.5))
        return x < -6 ? 2 : 1 - erf(x);
    if (x < 2) { /* from 2 down, by Taylor's series of exp(x^2) erfc(x), whose derivatives follow a recurrence */
        let high = [erfc(2) * Math.exp(4)], at = 2;
        while (at > x) {
            const step = Math.max(x - at, -0.25);
            let d = [high[0], 2 * at * high[0] - 2 / Math.sqrt(Math.PI)], sum = d[0] + d[1] * step, power = step;
            for (let n = 1; n < 30; n++) {
                d[n + 1] = (2 * at * d[n] + 2 * d[n - 1]) / (n + 1);
                power *= step;
                sum += d[n + 1] * power;
            }
            high = [sum];
            at += step;
        }
        return high[0] * Math.exp(-x * x);
    }
    let fraction = 0;
    for (let n = 120; n > 0; n--)
        fraction = n / 2 / (x + fraction);
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

function lgamma(x) {
    if (x <= 0 && x === Math.floor(x))
        return Infinity;
    if (x < 0.5)
        return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * (x - Math.floor(x))))) - lgamma(1 - x);
    let product = 1;
    for (; x < 12; x++)
        product *= x;
    const s = 1 / (x * x);
    const rest = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * 691 / 360360))))) / x;
    return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + rest - Math.log(product);
}

function digamma(x) {
    if (x <= 0 && x === Math.floor(x))
        return x === 0 ? -1 / x : NaN;
    if (x < 0)
        return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.floor(x + 0.5)));
    let sum = 0;
    for (; x < 12; x++)
        sum -= 1 / x;
    const s = 1 / (x * x);
    return sum + Math.log(x) - 0.5 / x -
        s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132 - s * 691 / 32760)))));
}

function trigamma(x) {
    return polygamma(1, x);
}

/* The sum of order! (x + k)^-(order + 1) over k: the first terms, and Euler's and Maclaurin's formula for the rest. */
function polygamma(order, x) {
    const n = Math.floor(order + 0.5);
    if (!(n >= 0 && n <= 100) || x < -10000)
        return NaN;
    if (n === 0)
        return digamma(x);
    const bernoulli = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 2.08767569878681e-8];
    let sum = 0, factorial = 1;
    for (let k = 2; k <= n; k++)
        factorial *= k;
    for (; x < 20 + n; x++)
        sum += Math.pow(x, -n - 1);
    let rising = (n + 1) / x, tail = 0;
    for (let k = 0; k < bernoulli.length; k++) {
        tail += bernoulli[k] * rising;
        rising *= (n + 2 * k + 2) / x * ((n + 2 * k + 3) / x);
    }
    return (n % 2 ? 1 : -1) * factorial * (sum + Math.pow(x, -n - 1) * (x / n + 0.5 + tail));
}
