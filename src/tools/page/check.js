/* ---- the gradient by differences, and its error against the step size ---- */

const smallest = -16, largest = 1; /* powers of 10 of the step size */

/* Errors of the difference for many step sizes; [power of 10, error]. */
function errorCurve(node) {
    const curve = [];
    for (let power = smallest; power <= largest + 1e-9; power += 0.25)
        curve.push([power, Math.abs(difference(node.id, 10 ** power) - node.adjoint)]);
    return curve;
}

const plot = {width: 340, height: 190, left: 44, right: 10, top: 12, bottom: 34};

/* A logarithm for drawing; what is 0 or not finite lies on the edge. */
function logError(error) {
    return error > 0 ? Math.min(Math.max(Math.log10(error), -18), 4) : error === 0 ? -18 : 4;
}

function drawCurve(node, curve) {
    const logs = curve.map(([, error]) => logError(error));
    const low = Math.floor(Math.min(...logs)) - 0.5, high = Math.ceil(Math.max(...logs, low + 3)) + 2.5;
    const x = power => plot.left + (power - smallest) / (largest - smallest) * (plot.width - plot.left - plot.right);
    const y = log => plot.top + (high - log) / (high - low) * (plot.height - plot.top - plot.bottom);
    const ticks = [];
    for (let power = -15; power <= largest; power += 5)
        ticks.push(el('line', {class: 'tick', x1: x(power), x2: x(power), y1: plot.top, y2: plot.height - plot.bottom}),
                   el('text', {x: x(power), y: plot.height - plot.bottom + 14, 'text-anchor': 'middle'}, `1e${power}`));
    const step = high - low > 10 ? 4 : 2;
    for (let log = Math.ceil(low / step) * step; log <= high; log += step)
        ticks.push(el('line', {class: 'tick', x1: plot.left, x2: plot.width - plot.right, y1: y(log), y2: y(log)}),
                   el('text', {x: plot.left - 5, y: y(log) + 4, 'text-anchor': 'end'}, `1e${log}`));
    const best = curve.reduce((a, b) => b[1] < a[1] ? b : a);
    const error = Math.abs(difference(node.id, 10 ** state.h) - node.adjoint);
    return el('svg', {class: 'plot', viewBox: `0 0 ${plot.width} ${plot.height}`, role: 'img',
        'aria-label': `Error against step size: smallest, ${roughly(best[1])}, at 1e${best[0]}; ` +
                      'round-off grows to the left, truncation to the right'},
        ...ticks,
        el('text', {class: 'region', x: x(-15.7), y: plot.top + 12}, 'round-off'),
        el('text', {class: 'region', x: x(largest) - 2, y: plot.top + 12, 'text-anchor': 'end'}, 'truncation'),
        el('polyline', {points: curve.map(([power], i) => `${x(power).toFixed(1)},${y(logs[i]).toFixed(1)}`).join(' ')}),
        el('line', {class: 'mark', x1: x(state.h), x2: x(state.h), y1: plot.top, y2: plot.height - plot.bottom}),
        el('circle', {cx: x(state.h), cy: y(logError(error)), r: 5}),
        el('text', {x: (plot.left + plot.width) / 2, y: plot.height - 4, 'text-anchor': 'middle'}, 'step size h'));
}

/* How the difference compares, in words. */
function verdict(node) {
    const numeric = difference(node.id, 10 ** state.h), error = Math.abs(numeric - node.adjoint);
    return [numeric, error, error <= 1e-5 * Math.max(1, Math.abs(node.adjoint))];
}

function stepSlider(change) {
    const input = el('input', {type: 'range', min: smallest, max: largest, step: 0.25, value: state.h,
        'aria-label': 'step size h, power of ten', 'aria-valuetext': `10 to the ${state.h}`, oninput: () => {
            state.h = Number(input.value);
            input.setAttribute('aria-valuetext', `10 to the ${state.h}`);
            output.textContent = roughly(10 ** state.h);
            change();
            remember();
        }});
    const output = el('output', {}, roughly(10 ** state.h));
    return el('label', {class: 'slider'}, 'h', input, output);
}

/* The check of one gradient: numbers, slider, plot. */
function checkSection(node) {
    if (whyFixed || node.adjoint === undefined)
        return null;
    const curve = errorCurve(node), text = el('p', {'aria-live': 'polite'}), holder = el('div');
    const redraw = () => {
        const [numeric, error, good] = verdict(node);
        text.replaceChildren(`(y(x + h) - y(x - h)) / 2h = ${show(numeric)}, gradient ${show(node.adjoint)}, `,
            el('strong', {class: good ? 'good' : 'poor'}, `error ${roughly(error)}`));
        holder.replaceChildren(drawCurve(node, curve));
    };
    redraw();
    return el('section', {}, el('h3', {}, 'By finite differences'), stepSlider(redraw), text, holder);
}

/* ---- all inputs: change them, and see every gradient checked ---- */

const mostRows = 60;

function inputField(node) {
    return el('input', {type: 'text', inputmode: 'decimal', value: show(node.value), spellcheck: 'false', autocomplete: 'off',
        'aria-label': `value of ${node.label}`, onchange: event => {
            const number = parseNumber(event.target.value);
            event.target.setAttribute('aria-invalid', String(Number.isNaN(number)));
            if (!Number.isNaN(number))
                edit(node.id, number);
        }});
}

function drawInputs() {
    const leaves = nodes.filter(node => !node.op), body = el('tbody');
    const fill = () => body.replaceChildren(...leaves.slice(0, mostRows).map(node => {
        const checked = !whyFixed && node.adjoint !== undefined, [numeric, error, good] = checked ? verdict(node) : [];
        return el('tr', {}, el('th', {scope: 'row'}, el('button', {class: 'link', onclick: () => select(node.id)}, node.label)),
            el('td', {}, !whyFixed ? inputField(node) : isNumber(node.value) ? show(node.value) : shapeOf(node)),
            el('td', {}, node.adjoint === undefined ? '-' : isNumber(node.adjoint) ? show(node.adjoint)
                                                           : `${show(node.adjoint.rms)} rms`),
            el('td', {}, checked ? show(numeric) : '-'),
            el('td', {class: good ? 'good' : 'poor'}, checked ? roughly(error) : '-'));
    }));
    fill();
    byId('inputs').replaceChildren(
        el('h2', {}, 'Inputs and gradients'),
        el('p', {class: 'note'}, whyFixed || 'Change a value: everything is computed again, here in the browser. What the program chose by a value stays chosen.'),
        !whyFixed && el('div', {class: 'tools'}, stepSlider(fill),
            el('button', {onclick: () => resetEdits(), disabled: state.edits.size === 0}, 'Reset values')) || '',
        el('div', {class: 'scroll'}, el('table', {}, el('thead', {}, el('tr', {},
            ...['', 'value', 'gradient', 'difference', 'error'].map(text => el('th', {scope: 'col'}, text)))), body)),
        leaves.length > mostRows ? el('p', {class: 'note'}, `The first ${mostRows} of ${leaves.length}.`) : '');
}
