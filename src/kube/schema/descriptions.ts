import { inlineFlag, structIndexByName, structRow } from './tables.js'

/** The prose of the built-in kinds. Large: loaded only for OpenAPI documents and explain. */
export interface Descriptions {
  /** Of a struct by its OpenAPI name, empty when there is none. */
  ofStruct(name: string): string
  /** Of a field of a struct by its JSON name, empty when there is none. */
  ofField(struct: string, field: string): string
}

let loaded: Descriptions | undefined

/** Loads the descriptions; later calls give the same. */
export async function loadDescriptions(): Promise<Descriptions> {
  if (loaded === undefined) {
    const { descriptionTable } = await import('./descriptions.generated.js')
    loaded = createDescriptions(descriptionTable)
  }
  return loaded
}

function createDescriptions(table: Readonly<Record<string, readonly string[]>>): Descriptions {
  const fieldsOf = new Map<string, ReadonlyMap<string, string>>()
  const fields = (struct: string): ReadonlyMap<string, string> => {
    let known = fieldsOf.get(struct)
    if (known === undefined) {
      known = Object.hasOwn(table, struct) ? readFields(struct) : new Map()
      fieldsOf.set(struct, known)
    }
    return known
  }
  const readFields = (struct: string): ReadonlyMap<string, string> => {
    const found = new Map<string, string>()
    for (const [index, [jsonName, , expression, flags]] of structRow(structIndexByName(struct)).fields.entries()) {
      if ((flags & inlineFlag) === 0) found.set(jsonName, table[struct]?.[index + 1] ?? '')
      else
        for (const [name, text] of fields(structRow(Number(expression.slice(1))).name))
          if (!found.has(name)) found.set(name, text)
    }
    return found
  }
  return {
    ofStruct: (name) => (Object.hasOwn(table, name) ? (table[name]?.[0] ?? '') : ''),
    ofField: (struct, field) => fields(struct).get(field) ?? '',
  }
}
