/* ---- groups: scopes, repeated blocks and long lists, folded ---- */

/* A group has `items`: nodes and groups, in the order of the tape. `count` says how many alike a fold holds. */
const groups = new Map(); /* by key */
const fewest = 60, longest = 80; /* so many items are shown without folding; so many stand in one list */

function makeGroup(key, name, parent, more = {}) {
    const group = {key, name, parent, items: [], open: false, count: 0, ...more};
    groups.set(key, group);
    return group;
}

const root = makeGroup('', 'tape', null, {open: true});

function childGroup(parent, name) {
    const key = parent.key + '/' + name;
    return groups.get(key) || makeGroup(key, name, parent);
}

/* Scopes of one name in one place are parts of one group, unless they are alike and so perhaps repetitions. */
const scopeGroups = [root];
data.scopes.forEach(([parent, name]) => {
    const around = scopeGroups[parent];
    let unique = name;
    for (let n = 2; groups.has(around.key + '/' + unique); n++)
        unique = `${name} #${n}`;
    scopeGroups.push(childGroup(around, unique));
});

/* Nodes outside all scopes: by the dots of their names; computed ones, on a tape without scopes, with their newest parameter, or
   else with their newest operand. */
function groupOf(node) {
    if (node.scope)
        return scopeGroups[node.scope];
    if (node.name && node.name.includes('.') && !node.name.endsWith('.'))
        return node.name.split('.').slice(0, -1).reduce(childGroup, root);
    if (data.scopes.length || !node.inputs.length)
        return root;
    const inputs = node.inputs.map(id => nodes[id]), grouped = inputs.filter(input => input.group !== root);
    const leaves = grouped.filter(input => !input.op);
    const newest = (leaves.length ? leaves : grouped).sort((a, b) => b.id - a.id)[0];
    return newest ? newest.group : root;
}

for (const node of nodes)
    node.group = groupOf(node);
for (const node of nodes) {
    let item = node;
    for (let group = node.group; group; item = group, group = group.parent) {
        if (item.listed)
            break;
        item.listed = true;
        group.items.push(item);
    }
}

/* ---- blocks that are alike ---- */

/* Equal numbers for what is alike: operations and shapes in the same order. */
const kinds = new Map();
function kindOf(item) {
    const text = item.items ? '(' + item.items.map(kindOf).join() + ')'
                            : (item.op ? item.op.name : item.differentiable ? 'leaf' : 'constant') + shapeOf(item);
    if (!kinds.has(text))
        kinds.set(text, kinds.size);
    return kinds.get(text);
}

/* The longest repetition that begins at `at`: how many items a block has, and how many blocks there are. */
function repetitionAt(kinds, at, whole) {
    let best = {size: 1, blocks: 1};
    for (let size = 1; size <= 64 && at + 2 * size <= kinds.length; size++) {
        let same = 0;
        while (at + size + same < kinds.length && kinds[at + same] === kinds[at + size + same])
            same++;
        const blocks = Math.floor(same / size) + 1;
        if (blocks >= (whole ? 2 : 3) && blocks * size > best.blocks * best.size)
            best = {size, blocks};
        if (whole)
            break;
    }
    return best;
}

function describe(items) {
    const names = [...new Set(items.map(item => item.items ? item.name : item.op ? item.op.name
                                            : item.differentiable ? 'input' : 'constant'))];
    return names.slice(0, 4).join(', ') + (names.length > 4 ? ', ...' : '');
}

/* Puts `items` into a new group that stands in their place. */
function fold(group, name, items, count) {
    const inner = makeGroup(`${group.key}/${name}@${firstId(items[0])}`, name, group, {count, items});
    for (const item of items)
        if (item.items)
            item.parent = inner;
        else
            item.group = inner;
    return inner;
}

function firstId(item) {
    return item.items ? firstId(item.items[0]) : item.id;
}

/* Subgroups that are alike and stand together; in long lists also sequences of nodes that come again and again. */
function foldRepetitions(group) {
    const items = group.items, kinds = items.map(kindOf), folded = [];
    for (let at = 0; at < items.length;) {
        const whole = !!items[at].items;
        const {size, blocks} = whole || items.length > fewest ? repetitionAt(kinds, at, whole) : {size: 1, blocks: 1};
        const taken = items.slice(at, at + size * blocks);
        const plain = taken.every(item => !!item.items === whole);
        at += blocks > 1 && plain ? taken.length : 1;
        if (blocks === 1 || !plain)
            folded.push(taken[0]);
        else if (whole)
            folded.push(fold(group, `${taken[0].name} to ${taken[blocks - 1].name}`, taken, blocks));
        else if (size === 1)
            folded.push(fold(group, describe(taken), taken, blocks));
        else {
            const outer = fold(group, describe(taken.slice(0, size)), taken, blocks);
            outer.items = Array.from({length: blocks}, (_, i) =>
                fold(outer, `block ${i + 1}`, taken.slice(i * size, (i + 1) * size), 0));
            folded.push(outer);
        }
    }
    group.items = folded;
}

/* A list that is too long becomes a list of lists. */
function cutLists(group) {
    while (group.items.length > longest) {
        const size = Math.max(Math.ceil(group.items.length / longest), 20), parts = [];
        for (let at = 0; at < group.items.length; at += size) {
            const part = group.items.slice(at, at + size);
            parts.push(part.length === 1 ? part[0] : fold(group, describe(part), part, 0));
        }
        group.items = parts;
    }
}

function forEachGroup(group, act) {
    for (const item of [...group.items])
        if (item.items)
            forEachGroup(item, act);
    act(group);
}
forEachGroup(root, group => group.items.sort((a, b) => firstId(a) - firstId(b)));
forEachGroup(root, foldRepetitions);
forEachGroup(root, cutLists);

/* ---- what is to be seen ---- */

function nodesIn(item) {
    return item.items ? item.items.flatMap(nodesIn) : [item];
}

function parentOf(item) {
    return item.items ? item.parent : item.group;
}

/* Opens groups, the outer ones first, while little enough is to be seen. */
(function openSome() {
    let shown = root.items.length;
    for (let queue = root.items.filter(item => item.items); queue.length; ) {
        const group = queue.shift();
        if (shown + group.items.length > (group.count > 1 ? 0 : fewest) && nodes.length > fewest)
            continue;
        group.open = true;
        shown += group.items.length;
        queue.push(...group.items.filter(item => item.items));
    }
    for (const group of groups.values())
        group.openAtFirst = group.open;
})();

/* The rows of the list: [item, depth], open groups before what is in them. */
function visibleRows(group = root, depth = 0) {
    return group.items.flatMap(item => item.items && item.open ? [[item, depth], ...visibleRows(item, depth + 1)]
                                                               : [[item, depth]]);
}

/* The node itself, or the outermost closed group around it. */
function visibleItem(node) {
    let seen = node;
    for (let group = node.group; group; group = group.parent)
        if (!group.open)
            seen = group;
    return seen;
}

function openTo(node) {
    for (let group = node.group; group; group = group.parent)
        group.open = true;
}

/* The groups around a node by name, outermost first. */
function placeOf(node) {
    const names = [];
    for (let group = node.group; group !== root; group = group.parent)
        names.unshift(group.count > 1 ? null : group.name);
    return names.filter(Boolean).join(' / ');
}

function titleOf(item) {
    return item.items ? item.name + (item.count > 1 ? ` \u00d7 ${item.count}` : '') : item.label;
}
