import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashWithSalt } from './bcrypt.js'

test('known bcrypt hashes', () => {
  // From the test vectors that come with crypt_blowfish; the salts are `CCCC...` and `/OK.fbVrR/bpIqNJ5ianF.`.
  const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  const decode = (text: string) => {
    let bits = ''
    for (const character of text) bits += alphabet.indexOf(character).toString(2).padStart(6, '0')
    return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(bits.slice(index * 8, index * 8 + 8), 2))
  }
  const vectors: [string, string][] = [
    ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
    ['', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'],
  ]
  for (const [password, hash] of vectors) assert.equal(hashWithSalt(password, decode(hash.slice(7, 29)), 5), hash)
})
