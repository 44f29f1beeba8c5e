/** A colour for a light and for a dark page. */
export interface PaletteColor {
  readonly light: string
  readonly dark: string
}

/**
 * Line colours that stay apart under protanopia, deuteranopia and tritanopia (they differ in lightness as well as in
 * hue), each with a contrast of 3:1 or more to its page (WCAG 2.1, 1.4.11). The order puts the most distinct first.
 */
export const palette: readonly PaletteColor[] = [
  { light: '#0072b2', dark: '#56b4e9' },
  { light: '#c07d00', dark: '#fde24f' },
  { light: '#7d1f46', dark: '#d0802a' },
  { light: '#1b1b6b', dark: '#b7fbe6' },
  { light: '#3fa08a', dark: '#9a7cf2' },
  { light: '#7f86f5', dark: '#e8486f' },
]

/** Pages that the palette is made for. */
export const pageColor: PaletteColor = { light: '#ffffff', dark: '#14161a' }
