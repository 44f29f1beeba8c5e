/**
 * A name without its flavour: what stands behind the last `___` (with other characters on both sides) tells variants of a
 * type in one program apart and is no part of the kernel's name.
 */
export function essentialName(name: string): string {
  for (let at = name.length - 5; at >= 0; at--)
    if (name.startsWith('___', at + 1) && name[at] !== '_' && name[at + 4] !== '_') return name.slice(0, at + 1)
  return name
}
