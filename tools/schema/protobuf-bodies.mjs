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
const entries = names.map((name, index) => `${JSON.stringify(name)}:${JSON.stringify(bodies[index])}`)
const encoder = `k8s.io/client-go ${version.split('-')[0]}`
writeFileSync('test/differential/protobuf/bodies.json', `{"encoder":"${encoder}","bodies":{\n${entries.join(',\n')}\n}}\n`)
console.log(`${names.length} bodies`)
