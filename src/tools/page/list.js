/* ---- the list: a tree of groups and nodes ---- */

const list = {rows: []};

function listTexts(item) {
    if (item.items)
        return [titleOf(item), `${nodesIn(item).length} nodes`, '', ''];
    const inputs = item.inputs.map(id => nodes[id].label);
    return [item.label, item.op ? application(item.op, inputs) : item.differentiable ? 'leaf' : 'constant',
            isNumber(item.value) ? show(item.value) : shapeOf(item), ''];
}

function makeListRow(item, depth, index) {
    const [label, formula, value] = listTexts(item);
    const cells = [el('span', {class: 'name'}, label), el('span', {class: 'formula'}, formula),
                   el('span', {class: 'value'}, value), el('span', {class: 'adjoint'})];
    const flags = item.items ? [] : flagsOf(item).map(([kind, text]) => el('span', {class: `flag ${kind}`}, text));
    const element = el('div', {
        class: `row ${kindOfBox(item)}`, role: 'treeitem', tabindex: -1, 'aria-level': depth + 1,
        'aria-expanded': item.items ? String(item.open) : undefined, style: `--depth: ${depth}`,
        onclick: () => { list.at = index; item.items ? toggle(item) : select(item.id); },
        onfocus: () => hover(item), onblur: () => hover(null),
    }, ...cells, ...flags);
    hoverable(element, item);
    return {item, element, adjoint: cells[3]};
}

function drawList() {
    const focused = byId('list').contains(document.activeElement);
    list.rows = visibleRows().map(([item, depth], i) => makeListRow(item, depth, i));
    byId('list').replaceChildren(...list.rows.map(row => row.element));
    focusRow(Math.min(list.at || 0, list.rows.length - 1), focused);
}

/* One row is in the order of the tabulator key; arrows move on from there. */
function focusRow(index, focus) {
    if (index < 0 || index >= list.rows.length)
        return;
    list.rows.forEach((row, i) => row.element.tabIndex = i === index ? 0 : -1);
    list.at = index;
    if (focus)
        list.rows[index].element.focus();
}

function markList() {
    const event = events[state.t], now = visibleItem(nodes[event.id]), selected = visibleItem(nodes[state.selected]);
    list.rows.forEach(({item, element, adjoint}, i) => {
        element.classList.toggle('now', item === now);
        element.setAttribute('aria-selected', String(item === selected));
        element.classList.toggle('later', firstId(item) > state.t);
        if (item === now && !byId('list').contains(document.activeElement))
            focusRow(i, false);
        if (item.items)
            return;
        const value = adjointAt(item, state.t);
        adjoint.textContent = value === undefined ? '' : isNumber(value) ? show(value) : show(value.rms) + ' rms';
    });
    const row = list.rows.find(({item}) => item === now), view = byId('list');
    if (!row)
        return;
    const top = row.element.offsetTop, bottom = top + row.element.offsetHeight;
    if (top < view.scrollTop || bottom > view.scrollTop + view.clientHeight)
        view.scrollTop = top - view.clientHeight / 2;
}

/* Keys within the list; true if the key was one of them. */
function listKey(event) {
    const {item} = list.rows[list.at] || {};
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp')
        focusRow(list.at + (event.key === 'ArrowDown' ? 1 : -1), true);
    else if (item && (event.key === 'Enter' || event.key === ' '))
        item.items ? toggle(item) : select(item.id);
    else
        return false;
    return true;
}
