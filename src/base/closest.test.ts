import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closest } from './closest.js'

test('what was probably meant', () => {
  assert.equal(closest('wbe', ['web', 'api']), 'web')
  assert.equal(closest('selectr', ['selector', 'select-all']), 'selector')
  assert.equal(closest('us-esat', ['us-east', 'us-west']), 'us-east')
  assert.equal(closest('env', ['environment']), 'environment')
  assert.equal(closest('API', ['api']), 'api')
})

test('nothing where nothing is near', () => {
  assert.equal(closest('web', ['api', 'database']), undefined)
  assert.equal(closest('ab', ['dc']), undefined)
  assert.equal(closest('web', ['web']), undefined)
})
