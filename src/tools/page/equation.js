/* ---- equations: each event in symbols and in numbers ---- */

function describeArray(array) {
    if (array === undefined)
        return '';
    return `mean ${show(array.mean)}, from ${show(array.least)} to ${show(array.most)}`;
}

function showValue(value) {
    return isNumber(value) ? show(value) : value === undefined ? '-' : describeArray(value);
}

/* A value in the place of an operand. */
function operandText(node) {
    return isNumber(node.value) ? show(node.value) : shapeOf(node);
}

/* The operation applied to some texts: "a * b", or "name(a, b)". */
function application(op, texts) {
    if (op.infix && texts.length === 2)
        return `${texts[0]} ${op.infix} ${texts[1]}`;
    return op.infix === '-' && texts.length === 1 ? `-${texts[0]}` : `${op.name}(${texts.join(', ')})`;
}

/* The text of a local derivative with the node's own names, or numbers, in it. */
function derivativeText(node, k, textOf) {
    const partial = node.op.partial[k];
    if (!partial)
        return `d ${node.label}/d ${nodes[node.inputs[k]].label}`;
    const text = partial.replace(/\b([abxy])\b(?!\()/g, (whole, letter) =>
        textOf(letter === 'y' ? node : nodes[node.inputs[letter === 'b' ? 1 : 0]]));
    return /^[\w.]+$|^-?[\d.e+-]+$|^\w+\([^()]*\)$/.test(text) ? text : `(${text})`;
}

function forwardLines(node) {
    const kind = node.op ? '' : node.differentiable ? 'a leaf: everything is differentiated with respect to it'
                                                    : 'a constant';
    if (!node.op)
        return {title: `Forward: ${node.label}, ${kind}`,
                lines: [`${node.label} = ${isNumber(node.value) ? show(node.value) : shapeOf(node)}`,
                        isNumber(node.value) ? '' : describeArray(node.value)]};
    const inputs = node.inputs.map(id => nodes[id]);
    const symbols = application(node.op, inputs.map(input => input.label));
    const numbers = application(node.op, inputs.map(operandText));
    const result = isNumber(node.value) ? show(node.value) : shapeOf(node);
    return {title: `Forward: ${node.op.about || node.op.name}`,
            lines: [`${node.label} = ${symbols} = ${numbers} = ${result}`,
                    isNumber(node.value) ? '' : describeArray(node.value)]};
}

function backwardLines(event) {
    const from = nodes[event.from], to = nodes[event.id];
    const title = `Backward: ${from.op.name} ${from.label} hands on to ${to.label}`;
    const symbols = `adj ${to.label} += adj ${from.label} * ${derivativeText(from, event.k, node => node.label)}`;
    if (event.statistics)
        return {title, lines: [symbols, `${shapeOf(to)}: ${describeArray(event.statistics)}, ` +
                                        `root mean square ${show(event.statistics.rms)}`]};
    const lines = [];
    if (event.local === undefined)
        lines.push(`${symbols} = ${show(event.share)}`);
    else
        lines.push(`${symbols} = ${show(from.adjoint)} * ${show(event.local)} = ${show(event.share)}`);
    lines.push(event.before === undefined
        ? `adj ${to.label} = ${show(event.after)}, its first contribution`
        : `adj ${to.label} = ${show(event.before)} + ${show(event.share)} = ${show(event.after)}`);
    return {title, lines};
}

/* {title, lines} of an event. */
function equationOf(event) {
    if (event.phase === 'forward')
        return forwardLines(nodes[event.id]);
    if (event.phase === 'backward')
        return backwardLines(event);
    const y = nodes[event.id].label;
    return {title: 'Backward: it begins at the result', lines: [`adj ${y} = d ${y}/d ${y} = 1`, '']};
}
