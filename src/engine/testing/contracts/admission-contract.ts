/** Tests what every back end of `Admission` promises, one subtest per sentence of the port. */
import type { Test } from 'tap';
import { type AdmissionUnderTest, Driver } from './admission-driver.js';
import { aboutDeciding, aboutAskers } from './admission-deciding.js';
import { aboutRounds, aboutUnits } from './admission-rounds.js';
import { aboutRefusals, aboutTerms } from './admission-terms.js';
import { aboutRevoking, aboutRevokingMany } from './admission-revoking.js';
import { aboutWarming, aboutReads } from './admission-warming.js';

export function admissionContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<AdmissionUnderTest>,
): void {
  t.test(`${name}: admission contract`, async (t) => {
    const store = await open(t);
    t.teardown(() => store.close());
    const at = new Driver(store);
    aboutDeciding(t, at);
    aboutAskers(t, at);
    aboutRounds(t, at);
    aboutUnits(t, at);
    aboutRefusals(t, at);
    aboutTerms(t, at);
    aboutRevoking(t, at);
    aboutRevokingMany(t, at);
    aboutWarming(t, at);
    aboutReads(t, at);
  });
}
