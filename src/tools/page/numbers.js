/* ---- numbers: as text, and back ---- */

let digits = 'short'; /* or 'all', or 'hex' */

/* As C's %a writes a double. */
function hexadecimal(x) {
    if (!Number.isFinite(x))
        return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, x);
    const high = bits.getUint32(0), exponent = (high >>> 20) & 0x7ff;
    const sign = high >>> 31 ? '-' : '';
    const fraction = ((high & 0xfffff).toString(16).padStart(5, '0') +
        bits.getUint32(4).toString(16).padStart(8, '0')).replace(/0+$/, '');
    if (x === 0)
        return sign + '0x0p+0';
    const power = exponent ? exponent - 1023 : -1022;
    return `${sign}0x${exponent ? 1 : 0}${fraction && '.' + fraction}p${power < 0 ? '' : '+'}${power}`;
}

/* All digits are as many as are needed to tell the number from its neighbours. */
function show(x) {
    if (digits === 'hex')
        return hexadecimal(x);
    if (Object.is(x, -0))
        return '-0';
    return String(digits === 'all' || !Number.isFinite(x) ? x : Number(x.toPrecision(6)));
}

/* Two digits, for sizes of errors. */
function roughly(x) {
    return x === 0 ? '0' : Number.isFinite(x) ? x.toExponential(1) : String(x);
}

/* What a person types, or `show` wrote; NaN if it is no number. */
function parseNumber(text) {
    const hex = /^\s*([+-]?)0x([0-9a-f]+)\.?([0-9a-f]*)p([+-]?\d+)\s*$/i.exec(text);
    if (!hex)
        return text.trim() === '' ? NaN : Number(text.replace(/^\s*([+-]?)inf\s*$/i, '$1Infinity'));
    const size = Number('0x' + hex[2] + hex[3]), power = Number(hex[4]) - 4 * hex[3].length;
    return (hex[1] === '-' ? -1 : 1) * (power < -1000 ? size * 2 ** -1000 * 2 ** (power + 1000) : size * 2 ** power);
}
