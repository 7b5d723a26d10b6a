// Generates src/kube/schema/tables.generated.ts and descriptions.generated.ts from the Go modules that define the
// Kubernetes API. For developers: needs Go. Users and CI take the committed files.
//
//   node tools/schema/generate.mjs
//
// types.go files give JSON names, types, doc comments and markers; generated.proto files are read as a second opinion on
// field numbers (a difference stops the generation).
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { descriptionOf, readGoFile } from './go-types.mjs'
import { readProto } from './proto.mjs'

const version = 'v0.33.13'
const kubernetes = '1.33'
const modules = ['k8s.io/api', 'k8s.io/apimachinery', 'k8s.io/apiextensions-apiserver', 'k8s.io/kube-aggregator']
const apiPackages = [
  ...['core/v1', 'apps/v1', 'batch/v1', 'networking/v1', 'rbac/v1', 'policy/v1', 'autoscaling/v1', 'autoscaling/v2'],
  ...['coordination/v1', 'discovery/v1', 'events/v1', 'storage/v1', 'scheduling/v1', 'node/v1', 'admissionregistration/v1'],
  ...['authentication/v1', 'authorization/v1', 'certificates/v1', 'flowcontrol/v1'],
]
const packages = [
  'k8s.io/apimachinery/pkg/apis/meta/v1',
  ...apiPackages.map((path) => `k8s.io/api/${path}`),
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1',
  'k8s.io/kube-aggregator/pkg/apis/apiregistration/v1',
]

/** Types with a JSON form of their own: code in type expressions (see src/kube/schema/tables.ts). */
const special = {
  'k8s.io/apimachinery/pkg/apis/meta/v1.Time': 't',
  'k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime': 'T',
  'k8s.io/apimachinery/pkg/apis/meta/v1.Duration': 'D',
  'k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1': 'F',
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'q',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'x',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'R',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON': 'J',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool': 'B',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray': 'A',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray': 'S',
}
const basic = { string: 's', bool: 'b', int32: 'i', int64: 'l', float64: 'f', byte: 'u8', uint8: 'u8' }
/** Never on the wire of the API. */
const skipped = new Set(['InternalEvent', 'WatchEvent', 'APIVersions'])

const work = mkdtempSync(join(tmpdir(), 'kube-schema-'))
const downloads = JSON.parse(
  '[' +
    execFileSync('go', ['mod', 'download', '-json', ...modules.map((module) => `${module}@${version}`)], {
      cwd: work,
      encoding: 'utf8',
    }).replaceAll('}\n{', '},{') +
    ']',
)
const directories = new Map(downloads.map((download) => [download.Path, download.Dir]))
const folderOf = (packagePath) => {
  const module = modules.find((name) => packagePath === name || packagePath.startsWith(`${name}/`))
  return join(directories.get(module), packagePath.slice(module.length))
}

// Reads a package once; referenced packages (types.UID ...) are read on demand.
const read = new Map()
function packageOf(path) {
  const known = read.get(path)
  if (known) return known
  const merged = { path, types: new Map(), constants: new Map(), constantDocs: new Map() }
  read.set(path, merged)
  const folder = folderOf(path)
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.go') || /_test\.go$|^zz_|generated|fuzz/.test(name)) continue
    const text = readFileSync(join(folder, name), 'utf8')
    const file = readGoFile(text)
    merged.name = file.package
    merged.group ??= /\bGroupName\s*=\s*"([^"]*)"/.exec(text)?.[1]
    for (const [typeName, type] of file.types) merged.types.set(typeName, { ...type, imports: file.imports, package: path })
    for (const [typeName, values] of file.constants) {
      const resolved = [...values].map(([name, value]) => [name, constantOf(file, value)])
      merged.constants.set(typeName, new Map([...(merged.constants.get(typeName) ?? []), ...resolved]))
    }
    for (const [name, doc] of file.constantDocs) merged.constantDocs.set(name, doc)
  }
  return merged
}

/** The value of a constant that stands for one of another package. */
function constantOf(file, value) {
  const [, qualifier, name] = /^(\w+)\.(\w+)$/.exec(value) ?? []
  const path = file.imports.get(qualifier)
  if (path === undefined) return value
  for (const values of packageOf(path).constants.values()) if (values.has(name)) return values.get(name)
  throw new Error(`no constant ${value}`)
}

/** Types that list their values, which OpenAPI does not tell. */
const withoutEnumeration = new Set(['ScopeType'])

/** What OpenAPI appends to the prose of a field whose type lists its values. */
function enumerationText(text, owner) {
  const plain = text.replace(/^\*/, '')
  const [qualifier, name] = plain.includes('.') ? plain.split('.') : [undefined, plain]
  const path = qualifier === undefined ? owner.package : owner.imports.get(qualifier)
  if (!/^[A-Z]\w*$/.test(name) || !packages.includes(path)) return ''
  const owned = packageOf(path)
  if (!owned.types.get(name)?.markers.has('enum') || withoutEnumeration.has(plain)) return ''
  const lines = [...(owned.constants.get(name) ?? [])].map(([constant, value]) => {
    const doc = (owned.constantDocs.get(constant) ?? [])
      .filter((line) => !/^\s*\+/.test(line))
      .join(' ')
      .trim()
    const said = (doc.startsWith(constant) ? doc.slice(constant.length) : doc).replace(/\s+/g, ' ').trim()
    return ` - \`${JSON.stringify(value)}\`${said === '' ? '' : ` ${said}`}`
  })
  return lines.length === 0 ? '' : `\n\nPossible enum values:\n${lines.sort().join('\n')}`
}

/** The OpenAPI name: the reversed host, then the path. */
function openApiName(packagePath, name) {
  const [host, ...rest] = packagePath.split('/')
  return [...host.split('.').reverse(), ...rest, name].join('.')
}

const structs = [] // in order of first use: {name, package, fields}
const structIndex = new Map()
const scalars = [] // [Go name, base code, enumeration]
const scalarIndex = new Map()

function structOf(type) {
  const name = openApiName(type.package, type.name)
  if (!structIndex.has(name)) {
    structIndex.set(name, structs.length)
    const entry = { name, type, fields: [] }
    structs.push(entry)
    entry.fields = type.fields
      .filter((field) => !(field.tags.json === '-' && !field.tags.protobuf))
      .map((field) => fieldOf(type, field))
  }
  return structIndex.get(name)
}

/** A type expression: `[]`, `{}` (map of string) and `@` (a named list: on the wire a message with items=1) are prefixes. */
function expressionOf(text, owner) {
  if (text.startsWith('*')) return expressionOf(text.slice(1), owner)
  if (text === '[]byte') return 'y'
  if (text.startsWith('[]')) return `[]${expressionOf(text.slice(2), owner)}`
  const map = /^map\[(\w+(?:\.\w+)?)\](.*)$/.exec(text)
  if (map) {
    const value = expressionOf(map[2], owner)
    return `{}${value}`
  }
  if (basic[text]) return basic[text]
  if (text === 'interface{}') return 'J'
  const [qualifier, name] = text.includes('.') ? text.split('.') : [undefined, text]
  const path = qualifier === undefined ? owner.package : owner.imports.get(qualifier)
  if (special[`${path}.${name}`]) return special[`${path}.${name}`]
  const owned = packageOf(path)
  const type = owned.types.get(name)
  if (!type) throw new Error(`${owner.package}.${owner.name}: no type ${text}`)
  if (type.fields) return `#${structOf(type)}`
  if (/^[A-Z]\w*$/.test(type.underlying) || type.underlying.startsWith('map[')) return expressionOf(type.underlying, type)
  if (type.underlying.startsWith('[]')) return expressionOf(type.underlying, type)
  const id = `${owned.name}.${name}`
  const key = `${path}.${name}`
  if (!scalarIndex.has(key)) {
    const values = type.markers.has('enum') ? [...new Set(owned.constants.get(name)?.values() ?? [])].sort() : []
    scalarIndex.set(key, scalars.length)
    scalars.push(values.length > 0 ? [id, basic[type.underlying], values] : [id, basic[type.underlying]])
  }
  return `$${scalarIndex.get(key)}`
}

const requiredFlag = 1
const omitEmptyFlag = 2
const pointerFlag = 4
const inlineFlag = 8

function fieldOf(owner, field) {
  const [jsonName = '', ...options] = (field.tags.json ?? '').split(',')
  const inline = options.includes('inline') || (field.embedded && jsonName === '')
  const omitEmpty = options.includes('omitempty')
  const number = Number(field.tags.protobuf?.split(',')[1] ?? 0)
  const { markers } = field
  let flags = 0
  if (markers.has('required') || (!omitEmpty && !markers.has('optional') && !inline)) flags |= requiredFlag
  if (omitEmpty) flags |= omitEmptyFlag
  if (field.type.startsWith('*')) flags |= pointerFlag
  if (inline) flags |= inlineFlag
  const more = {}
  const one = (name) => markers.get(name)?.at(-1)
  if (one('listType')) more.l = one('listType')
  if (markers.has('listMapKey')) more.k = markers.get('listMapKey')
  if (field.tags.patchStrategy) more.s = field.tags.patchStrategy
  if (field.tags.patchMergeKey) more.m = field.tags.patchMergeKey
  if (one('mapType')) more.a = one('mapType')
  if (one('structType')) more.a = one('structType')
  if (one('default') !== undefined) more.d = defaultOf(owner, one('default'))
  const expression = expressionOf(field.type, owner)
  return {
    row: [
      inline ? '' : jsonName === '' ? field.name : jsonName,
      number,
      expression,
      flags,
      ...(Object.keys(more).length > 0 ? [more] : []),
    ],
    protoName: field.tags.protobuf?.match(/name=(\w+)/)?.[1] ?? field.name[0].toLowerCase() + field.name.slice(1),
    description: descriptionOf(field.doc) + enumerationText(field.type, owner),
  }
}

/** A JSON value, or `ref(Name)` for a constant of the package. */
function defaultOf(owner, text) {
  const name = /^ref\((\w+)\)$/.exec(text)?.[1]
  if (name === undefined) return JSON.parse(text)
  for (const values of packageOf(owner.package).constants.values()) if (values.has(name)) return values.get(name)
  throw new Error(`${owner.name}: no constant ${name}`)
}

// Walk every struct of every package, so that all kinds are there.
const kinds = {}
for (const path of packages) {
  const owned = packageOf(path)
  const proto = readProto(readFileSync(join(folderOf(path), 'generated.proto'), 'utf8'))
  const parts = path.split('/')
  const apiVersion = owned.group === '' ? parts.at(-1) : `${owned.group}/${parts.at(-1)}`
  for (const type of owned.types.values()) {
    if (!type.fields || special[`${path}.${type.name}`] || skipped.has(type.name)) continue
    // Structs that are no messages (Table's rows ...) are of use only for kinds.
    const isKind = type.fields.some((field) => field.embedded && field.type.endsWith('TypeMeta'))
    if (!proto.has(type.name) && !isKind) continue
    const index = structOf(type)
    if (isKind) (kinds[apiVersion] ??= {})[type.name] = index
    if (proto.has(type.name)) compare(structs[index], proto.get(type.name))
  }
}
kinds['v1'].List = structIndex.get(openApiName('k8s.io/apimachinery/pkg/apis/meta/v1', 'List'))

/**
 * Stops when the numbers of the two sources differ. What only the .proto tells is noted in the row: a list that is a
 * message of its own on the wire (`optional Verbs verbs`).
 */
function compare(struct, message) {
  const rows = new Map(struct.fields.filter((field) => field.row[1] > 0).map((field) => [field.row[1], field]))
  for (const [number, { name, type, repeated }] of message) {
    const ours = rows.get(number)
    if (ours?.protoName !== name) {
      throw new Error(`${struct.name}: field ${number} is ${name} in generated.proto, ${ours?.protoName} in Go`)
    }
    const expression = ours.row[2]
    if (expression.startsWith('[]') && !repeated) ours.row[2] = `@${expression}`
    if (expression.startsWith('{}[]') && type.startsWith('map<')) ours.row[2] = `{}@${expression.slice(2)}`
  }
  if (rows.size !== message.size)
    throw new Error(`${struct.name}: ${rows.size} numbered fields in Go, ${message.size} in generated.proto`)
}

const provenance = downloads.map((download) => `//   ${download.Path}@${download.Version}`).join('\n')
const header = `// Generated by tools/schema/generate.mjs from the API definitions of Kubernetes ${kubernetes}; do not edit. Derived from:
${provenance}
// Copyright The Kubernetes Authors. Licensed under the Apache License, Version 2.0 (the "License"); you may not use this
// file except in compliance with the License. You may obtain a copy of the License at
//   http://www.apache.org/licenses/LICENSE-2.0
// Unless required by applicable law or agreed to in writing, software distributed under the License is distributed on an
// "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
// language governing permissions and limitations under the License.
`

/** Of types with a JSON form of their own; read apart, since their packages hold code that is not understood here. */
function specialDescription(path, name) {
  const folder = folderOf(path)
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.go') || /_test\.go$|^zz_|generated|fuzz/.test(file)) continue
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    const at = lines.findIndex((line) => line.startsWith(`type ${name} `))
    if (at < 0) continue
    let start = at
    while (lines[start - 1].startsWith('//')) start--
    return descriptionOf(lines.slice(start, at).map((line) => line.slice(2)))
  }
  throw new Error(`no type ${path}.${name}`)
}

// One line of JSON text for each struct: parsed only when the struct is first asked for.
const structLine = (struct) => {
  const atomic = struct.type.markers.get('structType')?.[0]
  return JSON.stringify([struct.name, atomic === 'atomic' ? 1 : 0, struct.fields.map((field) => field.row)])
}
const table = structs.map(structLine).join('\n')
if (/[`\\]|\$\{/.test(table)) throw new Error('the table needs escaping')
writeFileSync(
  'src/kube/schema/tables.generated.ts',
  `${header}
/** The Kubernetes minor version that the tables describe. */
export const kubernetesVersion = '${kubernetes}'

/** One line of JSON for each struct: [name, atomic, [[JSON name, protobuf number, type, flags, more?]]]. Read by tables.ts. */
export const structTable = \`${table}\`

/** Named scalars of Go: [name, base type, values of the enumeration?]. */
export const scalarTable: readonly (readonly [string, string, (readonly string[])?])[] = [
${scalars.map((scalar) => `  ${JSON.stringify(scalar)},`).join('\n')}
]

/** Index of the struct for each kind of each apiVersion. */
export const kindTable: Readonly<Record<string, Readonly<Record<string, number>>>> = {
${Object.entries(kinds)
  .map(([apiVersion, of]) => `  ${JSON.stringify(apiVersion)}: ${JSON.stringify(of)},`)
  .join('\n')}
}
`,
)
writeFileSync(
  'src/kube/schema/descriptions.generated.ts',
  `${header}
/** By struct name: the description of the struct, then of each of its table rows. */
export const descriptionTable: Readonly<Record<string, readonly string[]>> = {
${structs
  .map(
    (struct) =>
      `  ${JSON.stringify(struct.name)}: ${JSON.stringify([descriptionOf(struct.type.doc), ...struct.fields.map((field) => field.description)])},`,
  )
  .join('\n')}
${Object.keys(special)
  .map((name) => {
    const at = name.lastIndexOf('.')
    const [path, type] = [name.slice(0, at), name.slice(at + 1)]
    return `  ${JSON.stringify(openApiName(path, type))}: ${JSON.stringify([specialDescription(path, type)])},`
  })
  .join('\n')}
}
`,
)
console.log(
  `${structs.length} structs, ${structs.reduce((sum, struct) => sum + struct.fields.length, 0)} fields, ${scalars.length} named scalars`,
)
