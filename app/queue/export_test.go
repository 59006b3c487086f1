package queue

// Arrived is how many deliveries wait for their commit.
func (q *Queue) Arrived() int {
	q.arrivals.mu.Lock()
	defer q.arrivals.mu.Unlock()
	return q.arrivals.count
}
