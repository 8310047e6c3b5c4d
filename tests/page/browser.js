/* Run in a page, behind it: steps through every event by keyboard, compares what is shown with what C says, and writes the result
   into the page: "page: ok, N checks" or what was wrong. `expected` is that of write_pages.c. */
'use strict';

let checks = 0;
const problems = window.errors || [];

function check(good, text) {
    checks++;
    if (!good && problems.length < 20)
        problems.push(text);
}

function same(found, expected, what) {
    check(Object.is(found, expected), `${what}: found ${found}, expected ${expected}`);
}

function press(key, target = document.body) {
    target.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
}

function lines() {
    return [...document.querySelectorAll('#equation p')].map(p => p.textContent);
}

/* The last number of a line. */
function lastNumber(line) {
    return line.split(' = ').pop().split(',')[0];
}

const {nodes, state} = tad, all = nodes.map(node => node.id), scalars = all.filter(id => typeof nodes[id].value === 'number');

/* ---- numbers ---- */

function checkNumbers() {
    same(nodes.length, expected.values.length, 'number of nodes');
    for (const id of scalars) {
        if (expected.values[id] !== null)
            same(tad.hexadecimal(nodes[id].value), expected.values[id], `value of v${id}`);
        if (expected.adjoints[id] !== null)
            same(tad.hexadecimal(nodes[id].adjoint === undefined ? 0 : nodes[id].adjoint), expected.adjoints[id], `adjoint of v${id}`);
    }
}

/* Every row in JavaScript, against C: not to the last bit, for both compute in their own way. */
function checkRows() {
    const near = (a, b) => Object.is(a, b) || Math.abs(a - b) <= 4e-13 * Math.max(1, Math.abs(b));
    for (const node of nodes) {
        const row = node.op && node.op.row, x = node.inputs.map(id => nodes[id].value);
        if (!row || !x.every(Number.isFinite) || !node.scalar || node.inputs.some(id => !nodes[id].scalar))
            continue;
        check(near(row.y(...x), node.value), `${node.op.name}(${x}) is ${row.y(...x)} here and ${node.value} in C`);
        node.shares.forEach((share, k) => {
            if (share && share.local !== undefined && Number.isFinite(share.local))
                check(near(row.d[k](...x, node.value), share.local),
                    `derivative ${k} of ${node.op.name}(${x}) is ${row.d[k](...x, node.value)} here and ${share.local} in C`);
        });
    }
}

/* ---- steps ---- */

/* Every event, one by one with the arrow, in hexadecimal. */
function checkSteps() {
    const events = tad.events(), finals = new Map(), boxes = document.querySelectorAll('.box');
    check(boxes.length > 0 && boxes.length <= 150, `${boxes.length} boxes at first`);
    press('Home');
    same(state.t, 0, 'Home');
    press('d');
    press('d');
    same(document.getElementById('digits').value, 'hex', 'digits after d d');
    for (let t = 0; t < events.length; t++) {
        const event = events[t], text = lines();
        same(state.t, t, 'step');
        check(text[0] && text[0].length > 4, `step ${t} has no equation`);
        if (event.phase === 'forward' && expected.values[event.id] !== null)
            same(lastNumber(text[0]), expected.values[event.id], `shown value of v${event.id}`);
        if (event.phase === 'backward' && !event.statistics)
            finals.set(event.id, lastNumber(text[1]));
        press('ArrowRight');
    }
    same(state.t, events.length - 1, 'the arrow at the end');
    for (const [id, shown] of finals)
        if (expected.adjoints[id] !== null)
            same(shown, expected.adjoints[id], `last shown adjoint of v${id}`);
    press('ArrowLeft');
    same(state.t, events.length - 2, 'ArrowLeft');
    press('b');
    same(events[state.t].phase, 'seed', 'b');
    press('PageDown');
    check(state.t > nodes.length, 'PageDown');
    press('End');
    same(state.t, events.length - 1, 'End');
    press('d');
    same(document.getElementById('digits').value, 'short', 'digits after d d d');
}

/* ---- keys, list, address ---- */

function checkKeys() {
    press(' ');
    check(state.playing !== 0, 'Space plays');
    press(' ');
    check(state.playing === 0, 'Space pauses');
    const theme = state.theme;
    press('t');
    check(state.theme !== theme, 't');
    press('?');
    check(document.getElementById('help').open, '? opens the help');
    document.getElementById('help').close();
    const rows = () => [...document.querySelectorAll('#list [role=treeitem]')];
    same(rows().filter(row => row.tabIndex === 0).length, 1, 'rows in the order of the tabulator key');
    rows()[0].focus();
    press('Home', rows()[0]);
    for (let i = 0; i < 3 && i + 1 < rows().length; i++)
        press('ArrowDown', document.activeElement);
    check(document.activeElement.getAttribute('role') === 'treeitem', 'ArrowDown in the list leaves it');
    const group = rows().find(row => row.getAttribute('aria-expanded') === 'false');
    if (group) {
        const before = rows().length;
        group.focus();
        group.click();
        check(rows().length > before, 'a click opens a group');
        press('Enter', document.activeElement);
        same(rows().length, before, 'rows after Enter has closed the group again');
    }
    check(document.getElementById('now').getAttribute('aria-live') === 'polite', 'the equation is read aloud');
    for (const input of document.querySelectorAll('button, input, select'))
        check((input.getAttribute('aria-label') || input.textContent || (input.labels && input.labels.length)), `${input.id} has no name`);
    check(!document.querySelector('script[src], link, img, iframe'), 'nothing is loaded');
}

async function pause(milliseconds) {
    await new Promise(resolve => setTimeout(resolve, milliseconds));
}

async function checkAddress() {
    location.hash = '#t=1&d=all&theme=dark';
    await pause(300);
    check(state.t === 1 && state.theme === 'dark', 'the address sets step and theme');
    tad.goTo(2);
    await pause(300);
    check(/t=2/.test(location.hash) && /d=all/.test(location.hash), `the address follows: ${location.hash}`);
    location.hash = '#t=99999999&h=zzz&v0=&open=1e9.-1&s=-4';
    await pause(300);
    same(state.t, 0, 'step after a bad address');
}

/* ---- other inputs ---- */

function checkEdits() {
    const leaf = nodes.find(node => !node.op && node.differentiable && node.adjoint && Number.isFinite(node.adjoint));
    const field = document.querySelector('#inputs tbody input');
    if (!leaf || !field)
        return;
    const before = nodes.map(node => tad.hexadecimal(node.value) + tad.hexadecimal(node.adjoint || 0)), x = leaf.value;
    tad.edit(leaf.id, x + 0.001);
    check(leaf.value === x + 0.001, 'an edit changes the leaf');
    const y = nodes[nodes.length - 1], error = Math.abs(tad.difference(leaf.id, 1e-5) - leaf.adjoint);
    check(!(error > 1e-6 * Math.max(1, Math.abs(leaf.adjoint), Math.abs(y.value))), `difference after an edit: error ${error}`);
    tad.edit(leaf.id, x);
    nodes.forEach((node, id) => same(tad.hexadecimal(node.value) + tad.hexadecimal(node.adjoint || 0), before[id],
        `v${id} after an edit was taken back`));
}

(async () => {
    try {
        checkNumbers();
        checkRows();
        checkSteps();
        checkKeys();
        checkEdits();
        await checkAddress();
    } catch (error) {
        problems.push(String(error.stack || error));
    }
    const result = document.createElement('pre');
    result.id = 'result';
    result.textContent = problems.length ? `page: FAILED\n${problems.join('\n')}` :
        `page: ok, ${checks} checks, ${tad.events().length} events`;
    document.body.append(result);
})();
