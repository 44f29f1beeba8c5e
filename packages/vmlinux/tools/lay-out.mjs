/** The same types with a valid layout: members one behind the other at their alignment, those of a union at 0. */
export function layOut(types) {
  const measured = new Map()
  const placed = []

  const measure = (id) => {
    if (id === 0) return { size: 1, align: 1 }
    if (!measured.has(id)) measured.set(id, measureType(types[id - 1], id))
    return measured.get(id)
  }

  const measureType = (type, id) => {
    switch (type.kind) {
      case 'int':
      case 'float':
      case 'enum':
      case 'enum64':
        return { size: type.size, align: Math.min(type.size, 8) }
      case 'ptr':
        return { size: 8, align: 8 }
      case 'array': {
        const element = measure(type.typeId)
        return { size: element.size * type.length, align: element.align }
      }
      case 'struct':
      case 'union':
        return place(type, id)
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
        return measure(type.typeId)
      default:
        return { size: 1, align: 1 }
    }
  }

  const place = (type, id) => {
    let end = 0
    let used = 0
    let align = 1
    const members = type.members.map((member) => {
      const storage = measure(member.typeId)
      const bits = 8 * storage.size
      const start = type.kind === 'union' ? 0 : end
      align = Math.max(align, storage.align)
      // A bitfield lies within one unit of its type
      const fits = member.bitSize > 0 && Math.floor(start / bits) === Math.floor((start + member.bitSize - 1) / bits)
      const bitOffset = fits ? start : roundUp(start, 8 * storage.align)
      end = bitOffset + (member.bitSize > 0 ? member.bitSize : bits)
      used = Math.max(used, end)
      return { ...member, bitOffset }
    })
    const size = roundUp(used, 8 * align) / 8
    placed[id - 1] = { ...type, size, members }
    return { size, align }
  }

  for (const i of types.keys()) measure(i + 1)
  return types.map((type, i) => placed[i] ?? type)
}

const roundUp = (value, unit) => Math.ceil(value / unit) * unit
