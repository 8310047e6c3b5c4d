/* ---- layout: items in layers, edges pointing down ---- */

const boxWidth = 116, boxHeight = 54, gapX = 18, gapY = 30;

/* Items that are to be seen, and between them edges from operand to user: {from, to}, each once. */
function visibleGraph() {
    const items = visibleRows().map(([item]) => item).filter(item => !item.items || !item.open);
    const at = new Map(items.map((item, i) => [item, i])), seen = new Set(), edges = [];
    const place = nodes.map(node => at.get(visibleItem(node)));
    for (const node of nodes)
        for (const input of node.inputs) {
            const from = place[input], to = place[node.id], key = from * items.length + to;
            if (from !== to && !seen.has(key)) {
                seen.add(key);
                edges.push({from, to});
            }
        }
    return {items, edges, place};
}

/* The layer of each item: below all it uses; leaves just above their first user. Edges that close a circle, which groups can
   make, are left out. */
function layersOf(count, edges, order) {
    const layer = new Array(count).fill(0), above = Array.from({length: count}, () => []);
    const below = Array.from({length: count}, () => []);
    for (const {from, to} of edges)
        if (order[from] < order[to]) {
            above[to].push(from);
            below[from].push(to);
        }
    const sorted = [...order.keys()].sort((a, b) => order[a] - order[b]);
    for (const i of sorted)
        layer[i] = above[i].reduce((most, j) => Math.max(most, layer[j] + 1), 0);
    for (const i of sorted.reverse())
        if (!above[i].length && below[i].length)
            layer[i] = Math.min(...below[i].map(j => layer[j])) - 1;
    return layer;
}

/* Rows of places {item or none, up, down}: an edge over several layers has a place in each between them. */
function makeRows(items, edges, layer) {
    const rows = Array.from({length: Math.max(0, ...layer) + 1}, () => []);
    const places = items.map((item, i) => ({item: i, up: [], down: [], layer: layer[i], width: boxWidth}));
    const put = place => rows[place.layer].push(place);
    const join = (a, b) => { a.down.push(b); b.up.push(a); };
    places.forEach(put);
    for (const edge of edges) {
        const a = places[edge.from], b = places[edge.to];
        edge.through = [a];
        for (let l = a.layer + 1; l < b.layer; l++) {
            const bend = {item: -1, up: [], down: [], layer: l, width: 10};
            put(bend);
            join(edge.through[edge.through.length - 1], bend);
            edge.through.push(bend);
        }
        if (a.layer < b.layer)
            join(edge.through[edge.through.length - 1], b);
        edge.through.push(b);
    }
    return rows;
}

function mean(places, key) {
    return places.reduce((sum, place) => sum + place[key], 0) / places.length;
}

/* Each row in the order of the means of its neighbours, down and up again: few edges then cross. */
function orderRows(rows) {
    const number = row => row.forEach((place, i) => place.rank = i);
    rows.forEach(number);
    for (let round = 0; round < 12; round++) {
        const down = round % 2 === 0;
        for (const row of down ? rows : [...rows].reverse()) {
            for (const place of row) {
                const near = down ? place.up : place.down;
                place.wish = near.length ? mean(near, 'rank') : place.rank;
            }
            row.sort((a, b) => a.wish - b.wish || a.rank - b.rank);
            number(row);
        }
    }
}

/* Moves the places of a row towards what they wish for, without overlap: the mean of packing from the left and from the right. */
function settle(row) {
    const distance = i => (row[i].width + row[i - 1].width) / 2 + gapX;
    const left = [], right = [];
    row.forEach((place, i) => left[i] = i ? Math.max(place.wish, left[i - 1] + distance(i)) : place.wish);
    for (let i = row.length - 1; i >= 0; i--)
        right[i] = i + 1 < row.length ? Math.min(row[i].wish, right[i + 1] - distance(i + 1)) : row[i].wish;
    row.forEach((place, i) => place.x = (left[i] + right[i]) / 2);
}

function placeRows(rows) {
    for (const row of rows) {
        let x = 0;
        for (const place of row) {
            place.x = x + place.width / 2;
            x += place.width + gapX;
        }
        row.forEach(place => place.x -= x / 2);
    }
    for (let round = 0; round < 14; round++)
        for (const row of round % 2 ? [...rows].reverse() : rows) {
            for (const place of row) {
                const near = round > 9 ? [...place.up, ...place.down] : round % 2 ? place.down : place.up;
                place.wish = near.length ? mean(near, 'x') : place.x;
            }
            settle(row);
        }
}

/* Positions of the items, ways of the edges, and the size of it all. */
function layOut({items, edges}) {
    const order = items.map(item => item.items ? Math.max(...nodesIn(item).map(node => node.id)) : item.id);
    const rows = makeRows(items, edges, layersOf(items.length, edges, order));
    orderRows(rows);
    placeRows(rows);
    const all = rows.flat(), left = Math.min(...all.map(place => place.x - place.width / 2));
    for (const place of all) {
        place.x += gapX - left;
        place.y = place.layer * (boxHeight + gapY) + boxHeight / 2 + gapX;
    }
    const positions = [];
    for (const place of all)
        if (place.item >= 0)
            positions[place.item] = place;
    return {positions, width: Math.max(...all.map(place => place.x + place.width / 2)) + gapX,
            height: rows.length * (boxHeight + gapY) - gapY + 2 * gapX};
}
