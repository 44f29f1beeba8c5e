/**
 * The crosshair: a common cursor over the large plots of a section, and each line's value at it beside the plot's title.
 * It runs once, for the figures of `plotFigure` that are on the page then. The values are read back from the lines' own paths,
 * with the scales that each figure carries in its data attributes.
 */
export const htmlScript = `(() => {
  const plots = [...document.querySelectorAll('figure[data-end]')].map((figure) => {
    const svg = figure.querySelector('.plot')
    const box = svg.querySelector('.data').viewBox.baseVal
    const end = Number(figure.dataset.end), top = Number(figure.dataset.top)
    const lines = [...svg.querySelectorAll('.line:not(.thin)')].map((path) => {
      const numbers = path.getAttribute('d').match(/-?[\\d.]+/g).map(Number)
      const points = []
      for (let i = 0; i + 1 < numbers.length; i += 2)
        points.push([(numbers[i] / box.width) * end, (1 - numbers[i + 1] / box.height) * top])
      return { path, points, series: path.classList[1] }
    })
    const cursor = document.createElementNS(svg.namespaceURI, 'line')
    cursor.setAttribute('class', 'cursor')
    cursor.setAttribute('y2', '100%')
    svg.append(cursor)
    return { section: figure.closest('section'), svg, lines, cursor, end, digits: Number(figure.dataset.digits), values: figure.querySelector('.values') }
  })
  const nearest = (points, time) => {
    let low = 0, high = points.length - 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (points[middle][0] < time) low = middle
      else high = middle
    }
    return time - points[low][0] < points[high][0] - time ? points[low] : points[high]
  }
  const show = (at, time) => {
    for (const { section, lines, cursor, end, digits, values } of plots) {
      if (section !== at) continue
      const x = (100 * time) / end + '%'
      cursor.setAttribute('x1', x)
      cursor.setAttribute('x2', x)
      cursor.style.visibility = 'visible'
      values.replaceChildren('at ' + time.toFixed(2) + ' s')
      for (const { path, points, series } of lines) {
        if (getComputedStyle(path).display === 'none') continue
        const item = document.createElement('span'), swatch = document.createElement('i')
        swatch.className = 'swatch ' + series
        item.append(swatch, nearest(points, time)[1].toFixed(digits))
        values.append(item)
      }
    }
  }
  const hide = () => {
    for (const { cursor, values } of plots) {
      cursor.style.visibility = 'hidden'
      values.replaceChildren()
    }
  }
  for (const { section, svg, end } of plots) {
    const follow = (event) => {
      const { left, width } = svg.getBoundingClientRect()
      const share = (event.clientX - left) / width
      if (share >= 0 && share <= 1) show(section, share * end)
      else hide()
    }
    svg.parentElement.addEventListener('pointermove', follow)
    svg.parentElement.addEventListener('pointerdown', follow)
    svg.parentElement.addEventListener('pointerleave', hide)
  }
})()
`

/** SHA-256 of the script, base64, for the page's policy; a test keeps it true. */
export const htmlScriptHash = 'l3mdvzkTMuHMlhsudjPChvqbj/2DliahPDyBki9j5vU='
