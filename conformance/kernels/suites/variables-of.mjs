// Variables of programs as the kernel has them now.
import { variablesOf } from '@tscc/object'
import { mapValues } from '@tscc/syscall'

/** A variable of an object that is linked and loaded: `section` is the map that has it. */
export function variable(object, { linked, loaded }, section, name) {
  const values = mapValues(loaded.map(section))
  try {
    const map = linked.maps.find((one) => one.name === section)
    return variablesOf(map, object.btf, values.element(0)).get(name)
  } finally {
    values.close()
  }
}
