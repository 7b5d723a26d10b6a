import { isObject, setOwn } from '../../../../base/json.js'
import { copyValue } from '../../../../formats/go-template/sprig/defaults.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import type { Params } from '../params.js'
import type { TextRenderer } from '../text-renderer.js'
import type { GeneratorKind } from './contract.js'

/** Elements as they are written. In fasttemplate mode each member is a string, those of `values` one level down. */
export const listGenerator: GeneratorKind = {
  name: 'list',
  combines: false,
  generate: async (spec, { text }) => listSets(spec, text),
  recheckSeconds: () => undefined,
}

/** The sets of parameters, without waiting. */
export function listSets(spec: Readonly<Record<string, unknown>>, text: TextRenderer): Params[] {
  const elements = Array.isArray(spec['elements']) ? spec['elements'] : []
  const sets = elements.map((element, index) => {
    if (!isObject(element)) throw new Error(`list.elements[${index}]: expected an object, found ${describe(element)}`)
    return text.goTemplate ? (copyValue(element) as Params) : flatElement(element, index)
  })
  return [...sets, ...yamlElements(spec['elementsYaml'])]
}

function flatElement(element: Readonly<Record<string, unknown>>, index: number): Params {
  const params: Params = {}
  for (const [key, value] of Object.entries(element)) {
    if (key === 'values') {
      if (!isObject(value)) throw new Error(`list.elements[${index}].values: expected an object, found ${describe(value)}`)
      for (const [name, member] of Object.entries(value)) {
        if (typeof member !== 'string') throw notText(`list.elements[${index}].values.${name}`, member)
        setOwn(params, `values.${name}`, member)
      }
    } else if (typeof value !== 'string') throw notText(`list.elements[${index}].${key}`, value)
    else setOwn(params, key, value)
  }
  return params
}

function notText(field: string, value: unknown): Error {
  return new Error(`${field}: expected a string, found ${describe(value)}; quote it, or set spec.goTemplate: true`)
}

function yamlElements(source: unknown): Params[] {
  if (typeof source !== 'string' || source === '') return []
  const elements = parseYaml(source, { source: 'list.elementsYaml' })
  if (elements === null) return []
  if (!Array.isArray(elements)) throw new Error(`list.elementsYaml: expected a list of objects, found ${describe(elements)}`)
  return elements.map((element, index) => {
    if (element === null) return {}
    if (!isObject(element)) throw new Error(`list.elementsYaml[${index}]: expected an object, found ${describe(element)}`)
    return element
  })
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value)
    ? 'a list'
    : typeof value === 'object'
      ? 'an object'
      : `the ${typeof value} ${JSON.stringify(value)}`
}
