package store

import (
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
