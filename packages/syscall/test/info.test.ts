import { btfInfo, type FakeHandlers, fakeKernel, linkInfo, mapInfo, programInfo } from '@tscc/syscall'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countCpuList } from '../src/cpu-list.ts'
import { caught } from './real-kernel.ts'

/** A kernel whose info structs are `length` bytes long and filled by `fill`. */
function answering(length: number, fill: (info: DataView) => void): FakeHandlers {
  return {
    bpf: {
      BPF_OBJ_GET_INFO_BY_FD({ output, memory }) {
        const info = memory(output.getBigUint64(8, true))
        if (info === undefined) return -14
        fill(new DataView(info.buffer))
        output.setUint32(4, length, true)
        return 0
      },
    },
  }
}

describe('info', () => {
  it('fields beyond what the kernel filled are undefined', () => {
    const fill = (info: DataView): void => {
      info.setUint32(4, 33, true)
      info.setBigUint64(192, 1n << 40n, true)
    }
    const old = programInfo(fakeKernel(answering(80, fill)), 3)
    expect([old.id, old.tag, old.run_time_ns, old.verified_insns]).toEqual([
      33,
      '0000000000000000',
      undefined,
      undefined,
    ])
    expect(programInfo(fakeKernel(answering(232, fill)), 3).run_time_ns).toBe(1n << 40n)
  })

  it('names end at the first zero, or fill their field', () => {
    const named = (text: string): string | undefined =>
      mapInfo(
        fakeKernel(answering(88, (info) => new Uint8Array(info.buffer).set(new TextEncoder().encode(text), 24))),
        3,
      ).name
    expect([named('flows'), named('0123456789abcdef')]).toEqual(['flows', '0123456789abcdef'])
  })

  it('a link carries what its type has', () => {
    const link = (type: number): unknown =>
      linkInfo(
        fakeKernel(
          answering(32, (info) => {
            info.setUint32(0, type, true)
            info.setUint32(16, 55, true)
          }),
        ),
        3,
      )
    expect(link(9)).toEqual({ type: 9, id: 0, prog_id: 0, kind: 'BPF_LINK_TYPE_STRUCT_OPS', map_id: 55 })
    expect(link(7)).toEqual({ type: 7, id: 0, prog_id: 0, kind: 'other' })
    expect(link(4000)).toMatchObject({ kind: 'other' })
  })

  it('the name of BTF comes through a buffer of ours', () => {
    const kernel = fakeKernel({
      bpf: {
        BPF_OBJ_GET_INFO_BY_FD({ output, memory }) {
          const info = memory(output.getBigUint64(8, true))
          if (info === undefined) return -14
          const view = new DataView(info.buffer)
          memory(view.getBigUint64(16, true))?.set(new TextEncoder().encode('tcp_bbr'))
          output.setUint32(4, 32, true)
          return 0
        },
      },
    })
    expect(btfInfo(kernel, 4).name).toBe('tcp_bbr')
  })
})

describe('countCpuList', () => {
  it('counts', () => {
    expect(['0', '0-1', '0-3,8', '0-3,8-11\n'].map(countCpuList)).toEqual([1, 2, 5, 8])
  })

  it('anything else is an error', () => {
    for (const text of ['', '3-1', 'a', '0-', '0-999999', '-1']) {
      expect(caught(() => countCpuList(text))).toMatchObject({ code: 'syscall/cpu-list' })
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          return countCpuList(text) > 0
        } catch (error) {
          return error instanceof Error && 'code' in error && error.code === 'syscall/cpu-list'
        }
      }),
    )
  })
})
