// What runs in the page, so it is JavaScript of browsers, and each function stands alone.

/** Show the page dark or light, without transitions between the two. */
export function setDark(dark) {
  const style = document.createElement('style')
  style.textContent = '*, *::before, *::after { transition: none !important }'
  document.head.append(style)
  document.documentElement.classList.toggle('dark', dark)
}

/** Text of a page whose contrast to its ground is less than WCAG 2.1 wants (AA, 1.4.3: 4.5, and 3 for large text), a line each. */
export function contrastFindings() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const known = new Map()
  /** Any colour of CSS, as the browser paints it: 0 to 255, and its opacity. */
  const parse = (css) => {
    const before = known.get(css)
    if (before !== undefined || canvas === null) return before ?? [0, 0, 0, 1]
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = css
    canvas.fillRect(0, 0, 1, 1)
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data
    known.set(css, [r, g, b, a / 255])
    return [r, g, b, a / 255]
  }
  const over = (front, back) => {
    const mix = (index) => front[index] * front[3] + back[index] * (1 - front[3])
    return [mix(0), mix(1), mix(2), 1]
  }
  const luminance = ([r, g, b]) => {
    const part = (value) => (value <= 10.3 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4)
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
  }
  const ground = (element) => {
    if (element === null) return [255, 255, 255, 1]
    const own = parse(getComputedStyle(element).backgroundColor)
    return own[3] === 1 ? own : over(own, ground(element.parentElement))
  }
  const findings = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const seen = new Set()
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    const text = walker.currentNode.textContent?.trim() ?? ''
    if (
      element === null ||
      text === '' ||
      !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    )
      continue
    const style = getComputedStyle(element)
    // What is there for screen readers only
    if (style.clipPath !== 'none' || element.closest('.visually-hidden, .header-anchor, svg') !== null) continue
    const back = ground(element)
    const size = Number.parseFloat(style.fontSize)
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    const key = `${style.color} on ${back.slice(0, 3).join(' ')}, ${large}`
    if (seen.has(key)) continue
    seen.add(key)
    const [a, b] = [luminance(over(parse(style.color), back)), luminance(back)]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (contrast < (large ? 3 : 4.5))
      findings.add(`'${text.slice(0, 30)}' ${style.color}: contrast ${contrast.toFixed(2)}`)
  }
  return [...findings]
}
