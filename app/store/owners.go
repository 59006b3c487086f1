package store

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// OwnersChanged is the entry of the audit log that the configuration names
// other owners of a plugin than a record had: those in the record now decide
// nothing about it (S11). Its source is the App's own configuration.
func OwnersChanged(record onboarding.Record, at time.Time) Entry {
	return Entry{
		Repository: record.Repository, At: at, Kind: "plugin-owners", About: record.PluginOwners,
		Source: "configuration/" + strconv.FormatInt(at.UnixMilli(), 10),
	}
}

// HoldChanged is the entry of the audit log that an event told what holds an
// onboarding now, nil for nothing. What a look finds, it logs itself.
func HoldChanged(repository int64, hold *onboarding.Hold, at time.Time) Entry {
	why := onboarding.Holding("")
	if hold != nil {
		why = hold.Why
	}
	details, _ := json.Marshal(map[string]onboarding.Holding{"why": why}) // never fails
	return Entry{Repository: repository, At: at, Kind: "hold", Details: details, Source: "event/" + strconv.FormatInt(at.UnixMilli(), 10)}
}
