; ssthresh of a congestion control: half of the window, at least two segments. r1 is the window.
  r0 = r1
  r0 >>= 1
  if r0 > 2 goto done
  r0 = 2
done:
  exit
