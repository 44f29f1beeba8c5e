/** The names of all elements, in order; throws where tags do not nest, attributes lack quotes or text holds bare markup. */
export const elementsOf = (xml: string): readonly string[] => {
  const token = /<style>[^<]*<\/style>|<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|[^<]+/gy
  const entity = /&(?!(?:amp|lt|gt|quot|#39);)/
  const open: string[] = []
  const names: string[] = []
  let at = 0
  while (at < xml.length) {
    token.lastIndex = at
    const match = token.exec(xml)
    if (match === null) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 60)}`)
    const [text, close, name, attributes = '', empty] = match
    at += text.length
    if (entity.test(name === undefined ? text : attributes)) throw new Error(`bare & in ${text.slice(0, 60)}`)
    if (name === undefined) continue
    if (close === '/') {
      const opened = open.pop()
      if (opened !== name) throw new Error(`</${name}> closes <${opened}>`)
    } else {
      names.push(name)
      if (empty !== '/') open.push(name)
    }
  }
  if (open.length > 0) throw new Error(`left open: ${open.join()}`)
  return names
}
