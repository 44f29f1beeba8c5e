import { freeName, identifier } from '@tscc/core'
import { expect, test } from 'vitest'

test('names as C has them', () => {
  expect(['ts_reno', 'my-cc', '2fast', 'a.b c', ''].map(identifier)).toEqual([
    'ts_reno',
    'my_cc',
    '_2fast',
    'a_b_c',
    '',
  ])
})

test('a name that is taken gets as many _ behind as it needs', () => {
  const taken = new Set(['init', 'init_'])
  expect([freeName('init', taken), freeName('init', taken), freeName('other', taken)]).toEqual([
    'init__',
    'init___',
    'other',
  ])
  expect([...taken]).toEqual(['init', 'init_', 'init__', 'init___', 'other'])
})
