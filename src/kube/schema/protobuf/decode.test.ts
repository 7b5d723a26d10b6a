import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { KubeObject } from '../../object/kube-object.js'
import { decodeProtobuf, isProtobuf, ProtobufError } from './decode.js'

// Encoded by the protobuf serializer of Kubernetes 1.33, with the JSON that it has for the same objects.
const goldens = JSON.parse(readFileSync('src/kube/schema/protobuf/goldens/objects.json', 'utf8')) as {
  bytes: string
  object: KubeObject
}[]

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const isBadRequest = (error: unknown) => error instanceof ProtobufError
const envelope = (apiVersion: string, kind: string, raw: number[]): Uint8Array => {
  const text = (field: number, value: string) => [(field << 3) | 2, value.length, ...Buffer.from(value)]
  const meta = [...text(1, apiVersion), ...text(2, kind)]
  return Uint8Array.from([0x6b, 0x38, 0x73, 0, 0x0a, meta.length, ...meta, 0x12, raw.length, ...raw])
}

test('objects of client-go decode to the JSON of client-go', () => {
  assert.ok(goldens.length > 20)
  for (const { bytes, object } of goldens) assert.deepEqual(decodeProtobuf(bytesOf(bytes)), object, object.kind)
})

test('whatever is cut off is a bad request, never a crash', () => {
  for (const { bytes, object } of goldens) {
    const whole = bytesOf(bytes)
    for (let length = 0; length < whole.length; length += 1 + (whole.length >> 6)) {
      try {
        decodeProtobuf(whole.subarray(0, length))
      } catch (error) {
        assert.ok(isBadRequest(error), `${object.kind} cut to ${length}: ${error}`)
      }
    }
  }
})

test('flipped bytes give an object or a bad request', () => {
  let state = 7
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state % below
  }
  for (let round = 0; round < 2000; round++) {
    const bytes = bytesOf(goldens[next(goldens.length)]?.bytes ?? '')
    for (let flips = 0; flips < 4; flips++) bytes[4 + next(bytes.length - 4)] = next(256)
    try {
      decodeProtobuf(bytes)
    } catch (error) {
      assert.ok(isBadRequest(error), String(error))
    }
  }
})

test('fields that are not known are skipped', () => {
  const { metadata, ...rest } = decodeProtobuf(
    envelope('v1', 'ConfigMap', [0xf8, 0x7f, 0x05, 0xfd, 0x7f, 1, 2, 3, 4]),
  ) as KubeObject
  assert.deepEqual(rest, { apiVersion: 'v1', kind: 'ConfigMap' })
  assert.deepEqual(metadata, { creationTimestamp: null })
})

test('what is not of the format says so', () => {
  assert.throws(() => decodeProtobuf(new Uint8Array()), isBadRequest)
  assert.throws(() => decodeProtobuf(Uint8Array.from([0x7b, 0x7d])), /does not appear to be a protobuf message/)
  assert.throws(
    () => decodeProtobuf(envelope('example.com/v1', 'Thing', [])),
    /no kind "Thing" is registered for version "example.com\/v1"/,
  )
  assert.throws(() => decodeProtobuf(envelope('v1', '', [])), /'Kind' is missing/)
  assert.throws(() => decodeProtobuf(envelope('v1', 'Pod', [0x0b])), isBadRequest)
  assert.equal(isProtobuf(Uint8Array.from([0x6b, 0x38, 0x73, 0])), true)
  assert.equal(isProtobuf(Uint8Array.from([0x6b, 0x38])), false)
})

test('nesting is limited', () => {
  // JSONSchemaProps.not within not, a thousand times.
  let message: number[] = []
  const length = (count: number) =>
    count < 128
      ? [count]
      : [(count & 127) | 128, ...(count >> 7 < 128 ? [count >> 7] : [((count >> 7) & 127) | 128, count >> 14])]
  for (let depth = 0; depth < 1000; depth++) message = [0xe2, 0x01, ...length(message.length), ...message]
  for (const tag of [[0x0a], [0x22], [0x3a], [0x12]]) message = [...tag, ...length(message.length), ...message]
  const meta = [0x0a, 23, ...Buffer.from('apiextensions.k8s.io/v1'), 0x12, 24, ...Buffer.from('CustomResourceDefinition')]
  const bytes = Uint8Array.from([0x6b, 0x38, 0x73, 0, 0x0a, meta.length, ...meta, 0x12, ...length(message.length), ...message])
  assert.throws(() => decodeProtobuf(bytes), isBadRequest)
})

test('own keys such as __proto__ are data', () => {
  const entry = [0x0a, 9, ...Buffer.from('__proto__'), 0x12, 1, 0x78]
  const decoded = decodeProtobuf(envelope('v1', 'ConfigMap', [0x12, entry.length, ...entry]))
  assert.deepEqual(Object.keys(decoded['data'] as object), ['__proto__'])
})

test('integers of 64 bits are exact, those of 32 are cut off as Go does', () => {
  const varint = (value: bigint): number[] => {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, value)
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
    return [...bytes, Number(rest)]
  }
  for (const value of [9007199254740993n, -9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    const generation = [0x38, ...varint(value)]
    const decoded = decodeProtobuf(envelope('v1', 'ConfigMap', [0x0a, generation.length, ...generation])) as KubeObject
    assert.equal(decoded.metadata.generation, value)
  }
  // PodSpec.priority, number 25.
  const priority = [0xc8, 0x01, ...varint(2n ** 40n + 7n)]
  const pod = decodeProtobuf(envelope('v1', 'Pod', [0x12, priority.length, ...priority])) as KubeObject & {
    spec: { priority: number }
  }
  assert.equal(pod.spec.priority, 7)
})
