import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '../../base/errors.js'
import type { CommandIo } from '../contract.js'
import { runHub } from '../run/run-hub.js'
import type { HubOptions } from './hub.js'

const io: CommandIo = {
  out() {},
  err() {},
  env: {},
  colour: false,
  interactive: false,
  readStdin: () => Promise.resolve(''),
  exitCode() {},
}
const options: HubOptions = { namespace: 'argocd', pollSeconds: '120', webhookHost: '127.0.0.1', logLevel: 'info' }
const fails = (code: string) => (error: unknown) => error instanceof CodedError && error.code === code

test('without a kubeconfig the hub is the cluster of the pod, and elsewhere says what it needs', async () => {
  await assert.rejects(runHub(options, io), fails('not-in-cluster'))
  await assert.rejects(runHub({ ...options, context: 'x' }, io), fails('context-without-kubeconfig'))
})

test('bad options are refused before anything is reached', async () => {
  await assert.rejects(runHub({ ...options, pollSeconds: 'often' }, io), fails('bad-poll-seconds'))
  await assert.rejects(runHub({ ...options, logLevel: 'loud' }, io), fails('bad-log-level'))
  await assert.rejects(runHub({ ...options, webhookPort: '99999' }, io), fails('bad-port'))
  await assert.rejects(runHub({ ...options, kubeconfig: '/nowhere/config' }, io), fails('kubeconfig-missing'))
})
