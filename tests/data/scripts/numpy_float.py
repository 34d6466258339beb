import numpy

print(numpy.float_(1))
