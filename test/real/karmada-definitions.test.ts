import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { isObject } from '../../src/base/json.js'
import { karmadaCrds } from '../../src/dialects/karmada/crds.js'
import { findPeer } from '../support/peers/real-apiserver.js'

type Fields = Record<string, unknown>

/** What counts of a schema: fields, types, defaults, limits; not the words, nor how lists merge. */
function shapeOf(schema: Fields, path: string, into: Map<string, string>): Map<string, string> {
  const { description: _, properties, items, additionalProperties, required, ...rest } = schema
  const kept = Object.entries(rest).filter(([key]) => !ignored.has(key))
  const needed = Array.isArray(required) ? [...required].sort() : undefined
  into.set(path, JSON.stringify([kept.sort(([a], [b]) => (a < b ? -1 : 1)), needed]))
  if (isObject(properties))
    for (const [name, each] of Object.entries(properties)) shapeOf(each as Fields, `${path}.${name}`, into)
  if (isObject(items)) shapeOf(items, `${path}[]`, into)
  if (isObject(additionalProperties)) shapeOf(additionalProperties, `${path}{}`, into)
  return into
}
const ignored = new Set(['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'])

test("definitions have the fields, defaults and limits of Karmada's", (context) => {
  const peer = findPeer('karmada')
  if (!('path' in peer)) return context.skip(`Karmada's code cannot be had: ${peer.reason}`)
  const module = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', 'github.com/karmada-io/karmada'], {
    cwd: 'tools/peers/karmada',
    encoding: 'utf8',
  }).trim()
  const root = join(module, 'charts/karmada/_crds/bases')
  if (!existsSync(root)) return context.skip("Karmada's module has no definitions")
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'))
  const theirs = new Map(
    files.map((name) => {
      const crd = parse(readFileSync(join(root, name), 'utf8')) as { metadata: { name: string }; spec: { versions: Fields[] } }
      return [crd.metadata.name, crd]
    }),
  )
  let compared = 0
  for (const crd of karmadaCrds) {
    const upstream = theirs.get(crd.metadata.name)
    // Clusters are served by Karmada's own API server.
    if (upstream === undefined) continue
    compared++
    const [ours] = (crd['spec'] as { versions: Fields[] }).versions
    const version = upstream.spec.versions.find(({ name }) => name === ours?.['name'])
    const schemaOf = (each: Fields | undefined) =>
      (each?.['schema'] as { openAPIV3Schema?: Fields } | undefined)?.openAPIV3Schema ?? {}
    const mine = shapeOf(schemaOf(ours), '', new Map())
    const wanted = shapeOf(schemaOf(version), '', new Map())
    const different = [...new Set([...mine.keys(), ...wanted.keys()])]
      .filter((path) => mine.get(path) !== wanted.get(path))
      // Ours beside Lua.
      .filter((path) => !/customizations\.\w+(\.cel)?$/.test(path))
      // Of v1.18.
      .filter((path) => !/clusterAffinities\[\]\.overflowAffinities/.test(path))
      .map((path) => `${path}: ours ${mine.get(path)}, theirs ${wanted.get(path)}`)
    assert.deepEqual(different, [], crd.metadata.name)
    const columns = (each: Fields | undefined) =>
      ((each?.['additionalPrinterColumns'] ?? []) as Fields[]).map(({ name, jsonPath }) => `${String(name)} ${String(jsonPath)}`)
    assert.deepEqual(
      columns(ours).filter((column) => !column.startsWith('AGE ')),
      columns(version).filter((column) => !column.startsWith('AGE ')),
      crd.metadata.name,
    )
  }
  assert.equal(compared, 10)
})
