package shm

// token puts an epoch before the generation, so that tokens rise for ever. The
// word entEpoch is the epoch and, in bit 0, the highest bit of the generation when
// somebody last looked: each holder looks, and when that bit goes from one to
// zero the next epoch begins. A holder that dies before leaves it to the next.
func (m *Mutex) token(mine uint64) uint64 {
	for {
		epoch := m.epoch.Load()
		if epoch&1 == lockHalf(mine) || m.epoch.CompareAndSwap(epoch, epoch+1) {
			return lockToken(epoch+(epoch&1^lockHalf(mine)), mine)
		}
	}
}

func lockHalf(word uint64) uint64 { return word >> 31 & 1 }
func lockToken(epoch, word uint64) uint64 {
	return epoch>>1<<lockGenBits | uint64(uint32(word)>>lockGenShift)
}
