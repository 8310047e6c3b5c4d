/* ---- the player: what is shown, keys, and the address ---- */

const state = {t: 0, selected: 0, h: -5, theme: '', tab: 'graph', edits: new Map(), playing: 0, speed: 1};

/* ---- the address ---- */

/* What the address says; numbers of edits in hexadecimal, so that nothing is lost. */
function addressOf() {
    const parts = [`t=${state.t}`];
    if (state.selected !== events[state.t].id)
        parts.push(`s=${state.selected}`);
    if (digits !== 'short')
        parts.push(`d=${digits}`);
    if (state.h !== -5)
        parts.push(`h=${state.h}`);
    if (state.theme)
        parts.push(`theme=${state.theme}`);
    if (state.tab !== 'graph')
        parts.push(`tab=${state.tab}`);
    for (const [id, number] of state.edits)
        parts.push(`v${id}=${hexadecimal(number)}`);
    const keys = [...groups.keys()];
    const turned = keys.map((key, i) => groups.get(key).open !== groups.get(key).openAtFirst ? i : -1).filter(i => i >= 0);
    if (turned.length)
        parts.push(`open=${turned.join('.')}`);
    return '#' + parts.join('&');
}

/* The address follows, but not faster than a browser likes. */
let remembering = 0;
function remember() {
    clearTimeout(remembering);
    remembering = setTimeout(() => history.replaceState(null, '', addressOf()), 120);
}

function readAddress() {
    const parts = new Map(location.hash.slice(1).split('&').map(part => part.split('=')));
    const whole = (key, fallback, most) => {
        const number = Number(parts.get(key));
        return parts.has(key) && Number.isInteger(number) && number >= 0 && number <= most ? number : fallback;
    };
    state.edits = new Map();
    for (const [key, text] of parts)
        if (/^v\d+$/.test(key) && !whyFixed && nodes[key.slice(1)] && !nodes[key.slice(1)].op && !Number.isNaN(parseNumber(text)))
            state.edits.set(Number(key.slice(1)), parseNumber(text));
    recompute(state.edits);
    digits = ['short', 'all', 'hex'].includes(parts.get('d')) ? parts.get('d') : 'short';
    state.theme = ['light', 'dark'].includes(parts.get('theme')) ? parts.get('theme') : '';
    state.tab = ['list', 'graph', 'details', 'inputs'].includes(parts.get('tab')) ? parts.get('tab') : 'graph';
    const h = Number(parts.get('h') || -5);
    state.h = h >= smallest && h <= largest ? h : -5;
    const keys = [...groups.values()], turned = new Set((parts.get('open') || '').split('.').filter(Boolean).map(Number));
    keys.forEach((group, i) => group.open = turned.has(i) ? !group.openAtFirst : group.openAtFirst);
    root.open = true;
    state.t = whole('t', 0, events.length - 1);
    state.selected = whole('s', events[state.t].id, last);
}

/* ---- showing ---- */

function drawEquation() {
    const event = events[state.t], {title, lines} = equationOf(event);
    const group = nodes[event.id].group, folded = visibleItem(nodes[event.id]).items;
    byId('phase').replaceChildren(title, folded ? el('button', {class: 'link', onclick: openHere},
        `in ${placeOf(nodes[event.id])}, folded: open`) : group === root ? '' : ` in ${placeOf(nodes[event.id])}`);
    byId('equation').replaceChildren(...lines.map(line => el('p', {}, line)));
    byId('step').value = state.t;
    byId('step').setAttribute('aria-valuetext', `${title}: ${lines[0]}`);
    byId('count').textContent = `${state.t + 1} / ${events.length}`;
    document.body.dataset.phase = event.phase;
}

function drawTab() {
    document.body.dataset.tab = state.tab;
    for (const button of document.querySelectorAll('nav button'))
        button.setAttribute('aria-pressed', String(button.dataset.tab === state.tab));
}

/* All of it, after what the list and the graph consist of has changed. */
function draw() {
    document.documentElement.dataset.theme = state.theme;
    byId('digits').value = digits;
    byId('step').max = events.length - 1;
    drawList();
    drawGraph();
    drawInputs();
    drawTab();
    showStep();
}

/* The equation at once, the rest with the next frame, so that a key held down is never behind. */
let frame = 0;
function showStep() {
    drawEquation();
    remember();
    frame ||= requestAnimationFrame(() => {
        frame = 0;
        markList();
        markGraph();
        scrollToBox(nodes[state.selected]);
        drawDetails();
    });
}

/* ---- acting ---- */

function goTo(t) {
    state.t = Math.min(Math.max(t, 0), events.length - 1);
    state.selected = events[state.t].id;
    showStep();
}

function select(id) {
    state.selected = id;
    if (visibleItem(nodes[id]) !== nodes[id]) {
        openTo(nodes[id]);
        draw();
    }
    showStep();
}

/* Opens the groups around the node of this step. */
function openHere() {
    openTo(nodes[events[state.t].id]);
    draw();
}

function toggle(group) {
    group.open = !group.open;
    draw();
}

function edit(id, number) {
    if (Object.is(number, firstValues[id]))
        state.edits.delete(id);
    else
        state.edits.set(id, number);
    const {phase, from, k} = events[state.t]; /* the same event, where it is still there */
    recompute(state.edits);
    const same = events.findIndex(event => event.phase === phase && event.from === from && event.k === k && phase === 'backward');
    state.t = phase === 'forward' ? state.t : phase === 'seed' ? nodes.length : same >= 0 ? same : nodes.length;
    const focused = document.activeElement && document.activeElement.getAttribute('aria-label');
    draw();
    const again = focused && [...document.querySelectorAll('input')].find(field => field.getAttribute('aria-label') === focused);
    if (again)
        again.focus();
}

function resetEdits() {
    state.edits = new Map();
    recompute(state.edits);
    goTo(Math.min(state.t, events.length - 1));
    draw();
}

function play(on) {
    clearInterval(state.playing);
    state.playing = 0;
    if (on && state.t === events.length - 1)
        goTo(0);
    if (on)
        state.playing = setInterval(() => {
            goTo(state.t + 1);
            if (state.t === events.length - 1)
                play(false);
        }, 900 / state.speed);
    byId('play').textContent = on ? 'Pause' : 'Play';
    byId('play').setAttribute('aria-pressed', String(!!on));
}

function setSpeed(speed) {
    state.speed = speed;
    byId('speed').textContent = `${speed}\u00d7`;
    byId('speed').setAttribute('aria-label', `speed ${speed}`);
    if (state.playing)
        play(true);
}

function setTheme() {
    const dark = state.theme ? state.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    state.theme = dark ? 'light' : 'dark';
    draw();
}

const keys = {
    ArrowRight: () => goTo(state.t + 1),
    ArrowLeft: () => goTo(state.t - 1),
    PageDown: () => goTo(state.t + Math.ceil(events.length / 20)),
    PageUp: () => goTo(state.t - Math.ceil(events.length / 20)),
    Home: () => goTo(0),
    End: () => goTo(events.length - 1),
    b: () => goTo(nodes.length),
    ' ': () => play(!state.playing),
    '+': () => zoomBy(1.25),
    '-': () => zoomBy(0.8),
    0: () => { zoomTo(0); },
    o: openHere,
    d: () => setDigits({short: 'all', all: 'hex', hex: 'short'}[digits]),
    t: setTheme,
    '?': () => byId('help').open ? byId('help').close() : byId('help').showModal(),
};

function setDigits(name) {
    digits = name;
    draw();
}

document.addEventListener('keydown', event => {
    const target = event.target, typing = target.matches && target.matches('input[type=text], select');
    const ownKeys = target.matches && target.matches('input[type=range]') && target.id !== 'step';
    const pressing = target.matches && target.matches('button, summary') && (event.key === ' ' || event.key === 'Enter');
    if (event.ctrlKey || event.metaKey || event.altKey || typing || ownKeys || pressing || byId('help').open)
        return;
    if (target.closest && target.closest('#list') && listKey(event) || keys[event.key] && (keys[event.key](), true))
        event.preventDefault();
});

/* ---- beginning ---- */

byId('title').textContent = data.title || nodes[last].label;
byId('about').textContent = data.about;
byId('size').textContent = `${nodes.length} nodes, ${events.length} steps`;
byId('step').addEventListener('input', () => goTo(Number(byId('step').value)));
byId('digits').addEventListener('change', () => setDigits(byId('digits').value));
const clicks = {
    first: keys.Home, back: keys.ArrowLeft, play: keys[' '], forward: keys.ArrowRight, end: keys.End, theme: setTheme,
    bigger: keys['+'], smaller: keys['-'], fit: keys[0], keys: keys['?'], turn: keys.b,
    speed: () => setSpeed(state.speed === 16 ? 1 : state.speed * 4),
};
for (const [id, act] of Object.entries(clicks))
    byId(id).addEventListener('click', act);
for (const button of document.querySelectorAll('nav button'))
    button.addEventListener('click', () => {
        state.tab = button.dataset.tab;
        draw();
    });
addEventListener('hashchange', () => {
    readAddress();
    draw();
});
addEventListener('resize', () => zoomTo(graph.zoom));
setSpeed(1);
readAddress();
draw();
window.tad = {nodes, events: () => events, state, goTo, select, edit, show, hexadecimal, equationOf, difference};
