import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeObject } from '@tscc/object'
import { afterAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { sampleObject } from './sample-object.ts'

/** A program that has libbpf open and load a file, and prints what it found and what its data say. */
const source = `
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

int main(int argc, char **argv)
{
  struct bpf_object *object = bpf_object__open_file(argv[1], 0);
  struct bpf_program *program;
  struct bpf_map *map;
  if (!object || bpf_object__load(object))
    return 1;
  bpf_object__for_each_program(program, object)
    printf("program %s %s\\n", bpf_program__name(program), bpf_program__section_name(program));
  bpf_object__for_each_map(map, object)
    printf("map %s %u %u\\n", bpf_map__name(map), bpf_map__type(map), bpf_map__value_size(map));
  struct bpf_test_run_opts run = { .sz = sizeof(run) };
  char packet[64] = { 0 };
  run.data_in = packet;
  run.data_size_in = sizeof(packet);
  program = bpf_object__find_program_by_name(object, "filter");
  if (bpf_prog_test_run_opts(bpf_program__fd(program), &run))
    return 2;
  printf("filter returns %u\\n", run.retval);
  unsigned int zero = 0;
  unsigned long long seen = 0;
  if (bpf_map__lookup_elem(bpf_object__find_map_by_name(object, ".bss"), &zero, 4, &seen, 8, 0))
    return 3;
  printf("seen %llu\\n", seen);
  return 0;
}
`

describe.skipIf(!needs('root', 'bpf', 'btf', 'gcc', 'libbpf'))('libbpf', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-libbpf-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('opens, loads and runs it', () => {
    const [code, loader, file] = ['loader.c', 'loader', 'sample.bpf.o'].map((name) => join(folder, name))
    if (code === undefined || loader === undefined || file === undefined) throw new Error('no paths')
    writeFileSync(code, source)
    writeFileSync(file, writeObject(sampleObject()))
    execFileSync('gcc', ['-O1', '-o', loader, code, '-lbpf'])
    const lines = execFileSync(loader, [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')
    expect(lines.filter((line) => line.startsWith('program'))).toEqual([
      'program filter socket',
      'program other socket',
    ])
    expect(lines.filter((line) => line.startsWith('map')).map((line) => line.replace(/sample/, ''))).toEqual(
      expect.arrayContaining([
        'map counts 1 8',
        'map choices 12 4',
        'map .data 2 16',
        'map .rodata 2 4',
        'map .bss 2 8',
      ]),
    )
    // twice(1), from the static subprogram; the limit of .rodata is stored in .bss.
    expect(lines.filter((line) => /returns|seen/.test(line))).toEqual(['filter returns 2', 'seen 10'])
  })
})
