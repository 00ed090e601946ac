import t from 'tap';
import { entityTag, revisionsToMatch } from './entity-tag.js';

t.test('the tag of a revision matches that revision', async (t) => {
  t.equal(entityTag(7), '"r7"');
  t.same(revisionsToMatch({ ifMatch: entityTag(7) }), [7]);
  t.same(revisionsToMatch({ ifMatch: '"r1" , "r12"' }), [1, 12]);
});

t.test('without the header, and for any representation, every revision matches', async (t) => {
  t.equal(revisionsToMatch({ ifMatch: undefined }), undefined);
  t.equal(revisionsToMatch({ ifMatch: ' * ' }), undefined);
});

t.test('weak tags and tags of others match nothing', async (t) => {
  for (const ifMatch of ['', 'W/"r7"', 'r7', '"7"', '"r07"', '"r-1"', '"r1e3"', 'x']) {
    t.same(revisionsToMatch({ ifMatch }), [], ifMatch);
  }
});
