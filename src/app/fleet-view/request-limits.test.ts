import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import type { AccessAttributes, LogicalCluster } from '../../apiserver/contract.js'
import { createRequestLimits } from './request-limits.js'

test('a user, and all of them, may have so many requests; watches are counted apart', async () => {
  const limits = createRequestLimits({ requests: 3, requestsOfUser: 2, watches: 1, watchesOfUser: 1 })
  const begin = (name: string, verb = 'list') => {
    const response = new EventEmitter()
    const attributes = { verb } as AccessAttributes
    const begun = limits.begin({} as LogicalCluster, attributes, { name, groups: [] }, response as ServerResponse)
    return { begun, end: () => response.emit('close') }
  }
  const first = begin('jane')
  assert.equal(first.begun, undefined)
  assert.equal(begin('jane').begun, undefined)
  assert.equal(await begin('jane').begun, false)
  assert.equal(begin('jane', 'watch').begun, undefined)
  assert.equal(await begin('joe', 'watch').begun, false)
  assert.equal(begin('joe').begun, undefined)
  assert.equal(await begin('joe').begun, false)
  first.end()
  assert.equal(begin('joe').begun, undefined)
})
