/* ---- the tape: nodes, and the events of both passes ---- */

const data = JSON.parse(document.getElementById('tape').textContent);

const ops = data.ops.map(([name, about, formula, da, db, known]) => {
    const infix = /^a ([^ ]+) b$/.exec(formula);
    return {name, about, formula, partial: [da, db], infix: infix ? infix[1] : formula === '-x' ? '-' : null,
            row: known ? rows[name] : null};
});

/* What stands there in nine digits is a float. */
function numberOf(raw, type) {
    return type === 'f32' ? Math.fround(Number(raw)) : Number(raw);
}

/* An array: statistics, heat map, and perhaps the elements. */
function readArray(raw, type) {
    const [least, most, mean, deviation, rms, zeros, nans, infinities] = raw.s.map(Number);
    return {least: numberOf(least, type), most: numberOf(most, type), mean, deviation, rms, zeros, nans, infinities,
            rows: raw.m[0], columns: raw.m[1], cells: raw.m[2], elements: raw.x && raw.x.map(x => numberOf(x, type))};
}

function readValue(raw, type) {
    return raw === undefined ? undefined : typeof raw === 'object' ? readArray(raw, type) : numberOf(raw, type);
}

function readShare(raw, type) {
    if (!raw)
        return null;
    if (raw.length === 1)
        return {local: Number(raw[0])};
    if (raw.length === 2)
        return {share: numberOf(raw[0], type), after: numberOf(raw[1], type)};
    const [least, most, mean, rms] = raw.map(Number);
    return {statistics: {least, most, mean, rms}};
}

const nodes = data.nodes.map((raw, id) => ({
    id,
    op: raw.o ? ops[raw.o - 1] : null,
    name: raw.n || null,
    label: raw.n || 'v' + id,
    scope: raw.s || 0,
    differentiable: !!raw.d,
    type: raw.t ? raw.t[0] : 'f64',
    sizes: raw.t ? raw.t.slice(1) : [],
    scalar: !raw.t,
    inputs: raw.i || [],
    users: [],
    value: readValue(raw.v, raw.t && raw.t[0]),
    adjoint: readValue(raw.g, raw.t && raw.t[0]),
    dead: raw.f ? raw.f[0] : 0,
    saturated: raw.f ? raw.f[1] : 0,
    count: (raw.t || [0]).slice(1).reduce((product, size) => product * size, 1),
}));
data.nodes.forEach((raw, id) => {
    nodes[id].shares = (raw.e || []).map((share, k) => readShare(share, nodes[raw.i[k]].type));
});
for (const node of nodes)
    for (const input of new Set(node.inputs))
        nodes[input].users.push(node.id);

const last = nodes.length - 1; /* y */

function shapeOf(node) {
    return node.sizes.length ? `${node.type} [${node.sizes.join(', ')}]` : `${node.type} scalar`;
}

function isNumber(value) {
    return typeof value === 'number';
}

function hasNaN(value) {
    return isNumber(value) ? !Number.isFinite(value) : !!value && value.nans + value.infinities > 0;
}

/* What there is to say about a node at a glance. */
function flagsOf(node) {
    const flags = [];
    if (hasNaN(node.value))
        flags.push(node.inputs.some(id => hasNaN(nodes[id].value)) ? ['bad', 'not finite']
                                                                   : ['bad', 'not finite: begins here']);
    if (hasNaN(node.adjoint))
        flags.push(['bad', node.users.some(id => hasNaN(nodes[id].adjoint)) ? 'gradient not finite'
                                                                            : 'gradient not finite: begins here']);
    const of = count => node.count === 1 ? '' : `: ${count} of ${node.count}`;
    if (node.dead)
        flags.push(['dead', 'dead' + of(node.dead)]);
    if (node.saturated)
        flags.push(['dead', 'saturated' + of(node.saturated)]);
    if (node.differentiable && node.adjoint === undefined)
        flags.push(['quiet', 'not reached']);
    return flags;
}

/* ---- events ---- */

/* Forward, a node each; then the adjoint of y becomes 1; then, node by node down, each share of each operand. `shares` are
   those of a node. Sets the adjoints of scalars. */
let events = [];
function makeEvents() {
    const running = new Map([[last, 1]]);
    events = nodes.map(node => ({phase: 'forward', id: node.id}));
    for (const node of nodes)
        node.events = [];
    nodes[last].events.push(events.length);
    events.push({phase: 'seed', id: last});
    for (let from = last; from >= 0; from--) {
        const node = nodes[from];
        node.shares.forEach((share, k) => {
            if (!share)
                return;
            const to = node.inputs[k], before = running.get(to);
            const event = {phase: 'backward', id: to, from, k, before, local: share.local, statistics: share.statistics};
            if (!share.statistics) {
                event.share = 'share' in share ? share.share : running.get(from) * share.local;
                event.after = 'after' in share ? share.after : before === undefined ? event.share : before + event.share;
                running.set(to, event.after);
            }
            nodes[to].events.push(events.length);
            events.push(event);
        });
    }
    return running;
}
makeEvents();

/* The adjoint of a node when the first t + 1 events have happened: undefined while nothing has reached it; of a tensor what it
   is at the end. */
function adjointAt(node, t) {
    let adjoint;
    for (const index of node.events) {
        if (index > t)
            break;
        const event = events[index];
        adjoint = event.phase === 'seed' ? 1 : event.statistics ? node.adjoint : event.after;
    }
    return adjoint;
}
