/** The secret of a webhook's address. */
import { expect } from 'chai';
import { verdictOnSecret } from '../../src/vcc-live/shared-secret.js';

const check = (query: string, name = 'secret-key', secret = 's3cret') =>
  verdictOnSecret(new URLSearchParams(query), name, secret);

describe('the secret in the query', () => {
  it('is right where it is the same, whatever stands beside it', () => {
    expect(check('secret-key=s3cret')).to.equal('right');
    expect(check('iv=00ff&secret-key=s3cret&x=1')).to.equal('right');
    expect(check('token=s3cret', 'token')).to.equal('right');
  });

  it('is compared decoded', () => {
    expect(check(`secret-key=${encodeURIComponent('a+b&c=ő')}`, 'secret-key', 'a+b&c=ő')).to.equal('right');
    expect(check('secret-key=a+b', 'secret-key', 'a+b'), 'a + in an address is a blank').to.equal('wrong');
  });

  it('is wrong where it differs, in length too', () => {
    for (const given of ['s3creT', 's3cre', 's3cretx', 'S3CRET', 'x'.repeat(100_000)]) {
      expect(check(`secret-key=${given}`), given).to.equal('wrong');
    }
  });

  it('is missing where it is empty or under another name', () => {
    expect(check('')).to.equal('missing');
    expect(check('secret-key=')).to.equal('missing');
    expect(check('secret=s3cret')).to.equal('missing');
    expect(check('Secret-Key=s3cret')).to.equal('missing');
  });

  it('is refused where it came twice, even right', () => {
    expect(check('secret-key=s3cret&secret-key=s3cret')).to.equal('several');
    expect(check('secret-key=no&secret-key=s3cret')).to.equal('several');
  });
});
