// Writes test/differential/protobuf/bodies.json: the objects of objects.ts there, encoded as client-go sends them. Needs Go:
// `node tools/build.mjs && node tools/schema/protobuf-bodies.mjs`.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { printJson } from '../../dist/src/base/json-text.js'
import { protobufObjects } from '../../dist/test/differential/protobuf/objects.js'
import { ensurePeer } from '../peers/build.mjs'

const { path, reason, version } = ensurePeer('protobuf-encoder')
if (path === undefined) throw new Error(`the encoder cannot be had: ${reason}`)
const names = [...protobufObjects.keys()]
const lines = [...protobufObjects.values()].map((object) => printJson(object))
const encoded = spawnSync(path, { input: `${lines.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 26 })
if (encoded.status !== 0) throw new Error(encoded.stderr)
const bodies = encoded.stdout.trim().split('\n')
const bodyOf = new Map(names.map((name, index) => [name, bodies[index]]))
const file = { encoder: `k8s.io/client-go ${version.split('-')[0]}`, bodies: Object.fromEntries(bodyOf) }
writeFileSync('test/differential/protobuf/bodies.json', `${JSON.stringify(file, undefined, 2)}\n`)
console.log(`${names.length} bodies`)
