/* ---- computing on the page: other inputs, and differences ---- */

const firstValues = nodes.map(node => node.value), firstShares = nodes.map(node => node.shares);
const firstAdjoints = nodes.map(node => node.adjoint);

/* Why inputs cannot be changed here; '' if they can. */
const whyFixed = (() => {
    const tensor = nodes.find(node => !node.scalar || node.op && !node.op.row);
    if (tensor && !tensor.scalar)
        return `Inputs can be changed where all values are f64 scalars; ${tensor.label} is ${shapeOf(tensor)}.`;
    if (tensor)
        return `Inputs cannot be changed: ${tensor.op.name}, which made ${tensor.label}, has no form in JavaScript.`;
    return rows.complete ? '' : 'Inputs cannot be changed: a function that is used has no form in JavaScript.';
})();

function evaluate(node, values) {
    return node.op.row.y(...node.inputs.map(id => values[id]));
}

/* What depends on node `id`, in the order of the tape, and room for values in which only that changes. */
let moved = {id: -1};
function dependents(id) {
    if (moved.id === id)
        return moved;
    const reached = new Uint8Array(nodes.length), after = [];
    reached[id] = 1;
    for (let i = id + 1; i <= last; i++)
        if (nodes[i].inputs.some(input => reached[input])) {
            reached[i] = 1;
            after.push(nodes[i]);
        }
    return moved = {id, after, values: Float64Array.from(nodes, node => node.value)};
}

/* The value of y if node `id` had another value. */
function valueOfY(id, value) {
    const {after, values} = dependents(id);
    values[id] = value;
    for (const node of after) {
        const [a, b] = node.inputs;
        values[node.id] = node.op.row.y(values[a], values[b]);
    }
    return values[last];
}

/* The local derivatives of the sweep: what is not differentiable, or not reached, or whose derivative is 0 everywhere, has none. */
function sharesOf(node, values, adjoint) {
    if (!node.op || adjoint === undefined || adjoint === 0)
        return [];
    const x = node.inputs.map(id => values[id]);
    return node.inputs.map((id, k) => nodes[id].differentiable && node.op.partial[k] !== '0'
        ? {local: node.op.row.d[k](...x, values[node.id])} : null);
}

/* Everything again, with the leaves that `edits` (id -> number) names changed; without any, the numbers that came with the page. */
function recompute(edits) {
    const values = [...firstValues];
    moved = {id: -1};
    for (const node of nodes) {
        if (edits.size === 0) {
            node.value = firstValues[node.id];
            node.shares = firstShares[node.id];
            node.adjoint = firstAdjoints[node.id];
            continue;
        }
        values[node.id] = edits.has(node.id) ? edits.get(node.id) : node.op ? evaluate(node, values) : values[node.id];
        node.value = values[node.id];
        node.adjoint = undefined;
    }
    if (edits.size > 0) {
        const adjoints = new Map([[last, 1]]);
        for (let from = last; from >= 0; from--) {
            const node = nodes[from];
            node.adjoint = adjoints.get(from);
            node.shares = sharesOf(node, values, node.adjoint);
            node.shares.forEach((share, k) => {
                if (!share)
                    return;
                const to = node.inputs[k], part = node.adjoint * share.local;
                adjoints.set(to, adjoints.has(to) ? adjoints.get(to) + part : part);
            });
        }
    }
    makeEvents();
}

/* dy/d(node) by central differences, with step size h: symmetric about the value, and h as it really is. */
function difference(id, h) {
    const x = nodes[id].value, up = x + h, down = x - h;
    return (valueOfY(id, up) - valueOfY(id, down)) / (up - down);
}
