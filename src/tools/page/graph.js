/* ---- the graph: boxes and edges, drawn once and marked at every step ---- */

/* An element: el('p', {class: 'x'}, 'text', child). */
function el(name, attributes = {}, ...children) {
    const element = svgNames.has(name) ? document.createElementNS('http://www.w3.org/2000/svg', name)
                                       : document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
        if (key.startsWith('on'))
            element.addEventListener(key.slice(2), value);
        else if (value !== undefined && value !== false)
            element.setAttribute(key, value === true ? '' : value);
    element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
    return element;
}
const svgNames = new Set(['svg', 'g', 'path', 'rect', 'text', 'circle', 'line', 'polyline', 'defs', 'marker']);

function byId(id) {
    return document.getElementById(id);
}

function shorten(text, length) {
    return text.length > length ? text.slice(0, length - 1) + '\u2026' : text;
}

const graph = {boxes: [], edges: [], zoom: 0, width: 0, height: 0};

function kindOfBox(item) {
    return item.items ? item.count > 1 ? 'fold' : 'group' : item.op ? 'op' : item.differentiable ? 'leaf' : 'constant';
}

/* The operation in the corner of a box. */
function cornerText(item) {
    if (item.items || !item.op)
        return item.count > 1 && item.items ? `\u00d7 ${item.count}` : '';
    return item.op.infix && item.inputs.length > 1 ? item.op.infix : shorten(item.op.name, 9);
}

function makeBox(item, {x, y}) {
    const left = x - boxWidth / 2, top = y - boxHeight / 2, corner = cornerText(item);
    const frame = {width: boxWidth, height: boxHeight, rx: 9};
    const value = el('text', {class: 'value', x, y: top + 33}, item.items ? `${nodesIn(item).length} nodes` : '');
    const adjoint = el('text', {class: 'adjoint', x, y: top + 48});
    const element = el('g', {class: `box ${kindOfBox(item)}`, onclick: () => item.items ? toggle(item) : select(item.id)},
        item.items && el('rect', {class: 'behind', x: left + 4, y: top - 4, ...frame}),
        el('rect', {x: left, y: top, ...frame}),
        el('text', {class: 'label', x: left + 8, y: top + 16}, shorten(item.items ? item.name : item.label, Math.max(5, 14 - corner.length))),
        el('text', {class: 'kind', x: left + boxWidth - 8, y: top + 16}, corner), value, adjoint);
    hoverable(element, item);
    return {item, element, value, adjoint, x, y};
}

/* Down through the places of an edge, each of which is entered and left vertically. */
function wayOf([first, ...rest]) {
    const half = boxHeight / 2, text = numbers => numbers.map(number => number.toFixed(1)).join(',');
    let x = first.x, y = first.y + half, way = 'M' + text([x, y]);
    rest.forEach((place, i) => {
        const toY = i + 1 === rest.length ? place.y - half - 3 : place.y, bend = Math.max(Math.abs(toY - y) / 2, 12);
        way += ' C' + text([x, y + bend, place.x, toY - bend, place.x, toY]);
        [x, y] = [place.x, toY];
    });
    return way;
}

function arrow(id) {
    return el('marker', {id, viewBox: '0 0 8 8', refX: 6, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: 'userSpaceOnUse',
        orient: 'auto-start-reverse'}, el('path', {d: 'M0,0 L8,4 L0,8 z'}));
}

function drawGraph() {
    const shown = visibleGraph(), drawn = layOut(shown);
    graph.boxes = shown.items.map((item, i) => makeBox(item, drawn.positions[i]));
    graph.place = shown.place;
    graph.edges = shown.edges.map(edge => ({...edge, element: el('path', {class: 'edge', d: wayOf(edge.through)})}));
    graph.width = drawn.width;
    graph.height = drawn.height;
    graph.svg = el('svg', {viewBox: `0 0 ${drawn.width} ${drawn.height}`, 'aria-hidden': 'true'},
        el('defs', {}, arrow('arrow'), arrow('arrow-now')),
        el('g', {}, ...graph.edges.map(edge => edge.element)), el('g', {}, ...graph.boxes.map(box => box.element)));
    byId('graph').replaceChildren(graph.svg);
    zoomTo(graph.zoom);
}

/* 0: so that all of it is seen, if it is readable then. */
function zoomTo(zoom) {
    const {clientWidth, clientHeight} = byId('graph');
    const fitting = Math.min((clientWidth - 8) / graph.width, (clientHeight - 8) / graph.height);
    graph.zoom = zoom;
    graph.scale = zoom || Math.min(1.2, Math.max(0.74, fitting));
    graph.svg.style.width = graph.width * graph.scale + 'px';
    graph.svg.style.height = graph.height * graph.scale + 'px';
}

function zoomBy(factor) {
    zoomTo(Math.min(4, Math.max(0.1, graph.scale * factor)));
    scrollToBox(nodes[state.selected]);
}

function scrollToBox(node) {
    const box = graph.boxes[graph.place[node.id]], view = byId('graph');
    const x = box.x * graph.scale, y = box.y * graph.scale, edge = 70;
    if (x < view.scrollLeft + edge || x > view.scrollLeft + view.clientWidth - edge)
        view.scrollLeft = x - view.clientWidth / 2;
    if (y < view.scrollTop + edge || y > view.scrollTop + view.clientHeight - edge)
        view.scrollTop = y - view.clientHeight / 2;
}

function markNode({item, element, value, adjoint}) {
    const sum = adjointAt(item, state.t), later = item.id > state.t, flags = flagsOf(item).map(([kind]) => kind);
    element.classList.toggle('later', later);
    element.classList.toggle('bad', flags.includes('bad'));
    element.classList.toggle('dead', flags.includes('dead'));
    value.textContent = later ? '' : shorten(isNumber(item.value) ? show(item.value) : shapeOf(item), 17);
    adjoint.textContent = sum === undefined ? '' : 'adj ' + shorten(isNumber(sum) ? show(sum) : show(sum.rms) + ' rms', 13);
}

/* What the boxes say at step t: values computed so far, adjoints as they are by then. */
function markGraph() {
    const event = events[state.t], now = graph.place[event.id];
    const other = event.phase === 'backward' ? graph.place[event.from] : -1;
    graph.boxes.forEach((box, i) => {
        box.element.classList.toggle('now', i === now);
        box.element.classList.toggle('source', i === other);
        box.element.classList.toggle('selected', i === graph.place[state.selected]);
        if (!box.item.items)
            markNode(box);
        else
            box.element.classList.toggle('later', firstId(box.item) > state.t);
    });
    for (const {from, to, element} of graph.edges) {
        const forward = event.phase === 'forward' && to === now, backward = from === now && to === other;
        element.classList.toggle('now', forward || backward);
        element.classList.toggle('back', backward);
    }
}

/* ---- hovering: operands and users, here and in the list ---- */

function hoverText(item) {
    if (item.items)
        return `${titleOf(item)}: ${nodesIn(item).length} nodes; click to ${item.open ? 'fold' : 'open'}`;
    const names = ids => ids.slice(0, 8).map(id => nodes[id].label).join(', ') + (ids.length > 8 ? ', ...' : '');
    return [`${item.label}: ${item.op ? item.op.name : item.differentiable ? 'leaf' : 'constant'}, ${shapeOf(item)}`,
            item.inputs.length ? `operands: ${names(item.inputs)}` : '',
            item.users.length ? `used by: ${names(item.users)}` : 'used by nothing',
            ...flagsOf(item).map(([, text]) => text)].filter(Boolean).join('\n');
}

/* Marks what the item uses and what uses it; null: nothing. */
function hover(item) {
    const inside = new Set((item ? nodesIn(item) : []).map(node => node.id)), inputs = new Set(), users = new Set();
    for (const id of inside) {
        nodes[id].inputs.forEach(input => inside.has(input) || inputs.add(graph.place[input]));
        nodes[id].users.forEach(user => inside.has(user) || users.add(graph.place[user]));
    }
    const mine = item ? graph.place[firstId(item)] : -1;
    const mark = (element, input, user) => {
        element.classList.toggle('operand', input);
        element.classList.toggle('user', user);
    };
    graph.boxes.forEach(({element}, i) => mark(element, inputs.has(i), users.has(i)));
    for (const row of list.rows) {
        const place = row.item.items && row.item.open ? -1 : graph.place[firstId(row.item)];
        mark(row.element, inputs.has(place), users.has(place));
    }
    for (const {from, to, element} of graph.edges)
        mark(element, to === mine && inputs.has(from), from === mine && users.has(to));
}

function hoverable(element, item) {
    const tip = byId('tip');
    element.addEventListener('pointerenter', event => {
        hover(item);
        if (event.pointerType !== 'mouse')
            return;
        tip.textContent = hoverText(item);
        tip.hidden = false;
        tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px';
        tip.style.top = Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8) + 'px';
    });
    element.addEventListener('pointerleave', () => {
        hover(null);
        tip.hidden = true;
    });
}
