import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { meshCertificateTime } from './mesh-certificate-time.js'

const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`
// Valid from 2026-11-21T23:11:41Z to 2126-10-28T23:11:41Z.
const rootOne = pem(
  'MIIBhDCCASugAwIBAgIUSMyvcmJmde69eAcjY5wLVQk8OkkwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjEyMzExNDFaGA8yMTI2MTAyODIzMTE0MVowDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA8fBadsRz6Ej5UFEUtcSB+rEIGMWKJZTHobM/eI6MIIH9ZOqliFzkSBgURUhRTt/1knMn7/4mIxZyvawkVlPHOjYzBhMB0GA1UdDgQWBBT+aMhIGoh8WNNYuMlO1sKB1l+f/zAfBgNVHSMEGDAWgBT+aMhIGoh8WNNYuMlO1sKB1l+f/zAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNHADBEAiBeNn8zTQSCuQwJMpC05I5JTzEFBP4R4TPB5fnMUc4zmQIgFlq02wfHpKE4KLxuYh/wuMe0ZVUk/RXOh+ATiyzJXmY=',
)

const secret = (name: string) => ({
  'a.yaml': `apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: istio-system}
stringData:
  root-cert.pem: |
    ${rootOne.trim().replaceAll('\n', '\n    ')}
`,
})
const at = (time: string, name = 'cacerts') => checkTexts(meshCertificateTime, secret(name), { nowMs: Date.parse(time) })

test('what has ended, ends soon or has not begun is reported', () => {
  const subject = 'root-cert.pem of Secret istio-system/cacerts'
  assert.deepEqual(at('2127-01-01T00:00:00Z'), [`error a.yaml:5:3 ${subject} ended on 2126-10-28`])
  assert.deepEqual(at('2126-10-10T00:00:00Z'), [`warning a.yaml:5:3 ${subject} ends on 2126-10-28, in 18 days`])
  assert.deepEqual(at('2026-11-21T22:00:00Z'), [`error a.yaml:5:3 ${subject} is not valid before 2026-11-21T23:11Z`])
  assert.deepEqual(at('2026-11-21T23:12:00Z'), [
    `note a.yaml:5:3 ${subject} is valid since 2026-11-21T23:11Z only: a clock that is five minutes slow refuses it`,
  ])
})

test('one that is valid, other Secrets, and a run without a clock are fine', () => {
  assert.deepEqual(at('2050-01-01T00:00:00Z'), [])
  assert.deepEqual(at('2127-01-01T00:00:00Z', 'web-tls'), [])
  assert.deepEqual(checkTexts(meshCertificateTime, secret('cacerts')), [])
})
