/* ---- details of the selected node ---- */

function nodeButton(id) {
    return el('button', {class: 'chip', onclick: () => select(id)}, nodes[id].label);
}

function chips(title, ids) {
    const most = 24;
    if (!ids.length)
        return null;
    return el('div', {class: 'chips'}, el('h3', {}, title), ...ids.slice(0, most).map(nodeButton),
        ids.length > most ? `and ${ids.length - most} more` : '');
}

/* ---- heat maps ---- */

const levels = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy';

/* Blue below 0, red above, and the more so the larger; NaN is marked. */
function heatMap(array, what) {
    const size = Math.max(5, Math.min(18, Math.floor(320 / Math.max(array.columns, 1))));
    const exact = array.elements && array.elements.length === array.rows * array.columns;
    const cells = [...array.cells].map((letter, i) => {
        const level = levels.indexOf(letter) / 30 - 1, row = Math.floor(i / array.columns), column = i % array.columns;
        const strength = Math.round(Math.abs(level) * 100);
        const cell = el('rect', {x: column * size, y: row * size, width: size - 1, height: size - 1,
            class: letter === '!' ? 'nan' : level < 0 ? 'below' : 'above', 'fill-opacity': letter === '!' ? 1 : strength / 100});
        cell.addEventListener('pointerenter', () => {
            note.textContent = exact ? `[${row}, ${column}] = ${show(array.elements[i])}`
                                     : `about ${show(level * Math.max(Math.abs(array.least), Math.abs(array.most)))}`;
        });
        return cell;
    });
    const note = el('p', {class: 'note'}, 'Blue below 0, red above.' + (exact ? '' : ' A cell may be the mean of several elements.'));
    return el('figure', {}, el('svg', {class: 'heat', width: array.columns * size, height: array.rows * size, role: 'img',
        'aria-label': `heat map of the ${what}: ${describeArray(array)}`}, ...cells), note);
}

function statistics(array) {
    const pairs = [['least', show(array.least)], ['greatest', show(array.most)], ['mean', show(array.mean)],
        ['standard deviation', show(array.deviation)], ['root mean square', show(array.rms)], ['zeros', array.zeros],
        ['NaN', array.nans], ['infinite', array.infinities]];
    return el('dl', {class: 'statistics'}, ...pairs.filter(([name, value], i) => i < 5 || value > 0)
        .flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, String(value))]));
}

function arraySection(title, array) {
    return el('section', {}, el('h3', {}, title), heatMap(array, title), statistics(array));
}

function numberSection(title, number) {
    return el('p', {class: 'number'}, el('span', {class: 'what'}, title), el('b', {}, show(number)),
        el('span', {class: 'exact'}, digits === 'hex' ? String(number) : hexadecimal(number)));
}

/* ---- what made its gradient ---- */

function contributionText(event) {
    if (event.phase === 'seed')
        return 'the beginning: 1';
    const from = nodes[event.from].label;
    return event.statistics ? `from ${from}: ${show(event.statistics.rms)} rms` : `from ${from}: ${show(event.share)}`;
}

function contributions(node) {
    const most = 30;
    if (!node.events.length)
        return null;
    return el('section', {}, el('h3', {}, node.events.length > 1 ? `Gradient, the sum of ${node.events.length}` : 'Gradient from'),
        el('ol', {class: 'contributions'}, ...node.events.slice(0, most).map(index => el('li', {},
            el('button', {class: 'link', 'aria-current': index === state.t ? 'step' : undefined,
                onclick: () => goTo(index)}, contributionText(events[index]))))),
        node.events.length > most ? `and ${node.events.length - most} more` : '');
}

function kindText(node) {
    if (!node.op)
        return node.differentiable ? 'leaf, differentiable' : 'constant';
    return node.op.about || node.op.name;
}

function ruleText(op) {
    const rules = op.partial.filter(Boolean);
    if (!op.formula)
        return '';
    const names = rules.length > 1 ? ['a', 'b'] : ['x'];
    return `y = ${op.formula}` + rules.map((text, k) => `;  dy/d${names[k]} = ${text}`).join('');
}

function drawDetails() {
    const node = nodes[state.selected], value = node.value, adjoint = node.adjoint;
    const place = placeOf(node);
    byId('details').replaceChildren(...[
        el('h2', {}, node.label, el('small', {}, ` v${node.id}, ${shapeOf(node)}`)),
        el('p', {}, kindText(node), place && el('span', {class: 'note'}, ` in ${place}`)),
        ...flagsOf(node).map(([kind, text]) => el('span', {class: `flag ${kind}`}, text)),
        node.op && ruleText(node.op) ? el('p', {class: 'rule'}, ruleText(node.op)) : null,
        isNumber(value) ? numberSection('value', value) : null,
        adjoint === undefined ? el('p', {class: 'note'}, node.differentiable ? 'The sweep does not reach it: its gradient is 0.'
                                                                             : 'Nothing is differentiated here.')
            : isNumber(adjoint) ? numberSection('gradient', adjoint) : null,
        !node.op && !whyFixed ? el('label', {class: 'edit'}, 'change it: ', inputField(node)) : null,
        chips('Operands', node.inputs),
        chips('Used by', node.users),
        contributions(node),
        isNumber(value) || node.count === 0 ? null : arraySection('Value', value),
        adjoint === undefined || isNumber(adjoint) || node.count === 0 ? null : arraySection('Gradient', adjoint),
        checkSection(node),
        el('p', {}, el('button', {onclick: () => goTo(node.id)}, 'Go to where it is computed')),
    ].filter(Boolean));
}
