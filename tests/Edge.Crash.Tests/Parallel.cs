using Xunit;

// These tests mostly wait for servers that start, and for disks: more of them at a time than there are processors.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
