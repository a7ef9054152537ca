package multiproc

// An ending is an end that OnExit is to be told of.
type ending struct {
	info Info
	err  error
}

// tell has OnExit told, behind what it is being told.
func (s *Supervisor) tell(info Info, err error) {
	if s.cfg.OnExit == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.untold = append(s.untold, ending{info, err})
	if len(s.untold) == 1 {
		s.tellers.Go(s.tellAll)
	}
}

// tellAll tells what there is to tell; one runs at a time.
func (s *Supervisor) tellAll() {
	for {
		s.mu.Lock()
		next := s.untold[0]
		s.mu.Unlock()
		s.cfg.OnExit(next.info, next.err)
		s.mu.Lock()
		s.untold = s.untold[1:]
		all := len(s.untold) == 0
		s.mu.Unlock()
		if all {
			return
		}
	}
}
