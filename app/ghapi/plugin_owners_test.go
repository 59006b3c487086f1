package ghapi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

func TestThePluginsOwnersInARecordAreThoseOfTheConfiguration(t *testing.T) {
	o := newOffice(t)
	ids := func(record onboarding.Record) (ids []int64) {
		for _, p := range record.PluginOwners {
			ids = append(ids, p.ID)
		}
		return ids
	}
	configured := map[string][]string{"acme/hello": {"bob", "Ann", "ann", "nobody-knows", "acme"}, "acme/other": {"carol"}}
	var record onboarding.Record
	keep := func(name string) (changed bool) {
		t.Helper()
		changed, err := o.roles.PluginOwners(configured).Keep(t.Context(), &record, name)
		require.NoError(t, err)
		return changed
	}
	assert.True(t, keep("Acme/Hello"))
	assert.Equal(t, []int64{o.ann.ID, o.bob.ID}, ids(record), "people only, each once")
	assert.Equal(t, []string{
		"the configured login acme: it is no person's", "the configured login nobody-knows: GitHub knows nobody of this name",
	}, o.roles.Problems())
	assert.False(t, keep("acme/hello"))

	configured["acme/hello"] = []string{"bob", "ann"}
	calls := len(o.Calls())
	assert.False(t, keep("acme/hello"))
	assert.False(t, keep("acme/renamed"), "nobody is rid of them by a rename")
	assert.Len(t, o.Calls(), calls, "who they are is on record")
	assert.True(t, keep("acme/other"))
	assert.Equal(t, []int64{o.ann.ID, o.bob.ID, o.carol.ID}, ids(record), "nor by taking another plugin's name")

	delete(configured, "acme/hello")
	assert.True(t, keep("acme/other"))
	assert.Equal(t, []int64{o.carol.ID}, ids(record))
	assert.False(t, keep("acme/renamed-again"), "it goes on under the name it had")
	delete(configured, "acme/other")
	assert.True(t, keep("acme/other"))
	assert.Empty(t, record.PluginOwners)
	assert.Empty(t, record.OwnersOf)
}

func TestAttackWhileOwnersCannotBeFoundNothingIsSaidOfThem(t *testing.T) {
	o := newOffice(t)
	owners := o.roles.PluginOwners(map[string][]string{"acme/hello": {"ann", "bob"}})
	before := onboarding.Record{PluginOwners: []onboarding.Person{person(o.mallory)}, OwnersOf: "acme/hello"}
	for _, name := range []string{"401", "403", "500", "502", "429", "the limit", "no answer", "half an answer", "nothing", "null"} {
		fault := faults[name]
		fault.Route = "/users/{username}"
		remove := o.Inject(fault)
		record := before
		changed, err := owners.Keep(t.Context(), &record, "acme/hello")
		remove()
		require.Error(t, err, name)
		assert.False(t, changed, name)
		assert.Equal(t, before, record, name)
	}
	o.pins.fail = errDisk
	record := before
	_, err := owners.Keep(t.Context(), &record, "acme/hello")
	require.ErrorIs(t, err, errDisk)
	assert.Equal(t, before, record)
}

func TestAttackWhoClaimsAnOwnersLoginRidsNobodyOfThem(t *testing.T) {
	o := newOffice(t)
	owners := o.roles.PluginOwners(map[string][]string{"acme/hello": {"ann"}})
	var record onboarding.Record
	_, err := owners.Keep(t.Context(), &record, "acme/hello")
	require.NoError(t, err)
	o.RenameUser(o.ann, "ann-elsewhere")
	o.CreateUser("ann")
	changed, err := owners.Keep(t.Context(), &record, "acme/hello")
	require.NoError(t, err)
	assert.False(t, changed)
	assert.True(t, record.Excluded(person(o.ann)))
}
