using Edge.Benchmarks.Dimse;
using Edge.Benchmarks.Forwarding;
using Edge.Benchmarks.Imaging;
using Edge.Benchmarks.Modification;
using Edge.Benchmarks.Pixels;
using Edge.Benchmarks.Store;

return args switch
{
    ["format", .. var files] => FormatBenchmark.Run(files),
    ["ingest", .. var rest] => await IngestBenchmark.Run(rest),
    ["find", var count] => await FindBenchmark.Run(int.Parse(count)),
    ["forwarding", .. var parts] => await ForwardingBenchmark.Run(parts),
    ["dimse", .. var parts] => await DimseBenchmark.Run(parts),
    ["modify", .. var rest] => await ModifyBenchmark.Run(rest),
    ["pixels", .. var rest] => await PixelsBenchmark.Run(rest),
    ["decode", var file] => await DecodeBenchmark.Run(file, isBesideTools: false),
    ["decode", var file, "tools"] => await DecodeBenchmark.Run(file, isBesideTools: true),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("format FOLDER...            ratio and speed of the storage format over native CT and MR files");
    Console.Error.WriteLine("ingest SIZE CALLERS COUNT   instances per second into a store, fully durable");
    Console.Error.WriteLine("find INSTANCES              times of searches in a generated index");
    Console.Error.WriteLine("forwarding [rate] [ingest] [backlog]  the published binary: rate over one association, ingest beside it, 100,000 rows of backlog");
    Console.Error.WriteLine("dimse [ROUNDS] [alone] [find] [echo] [move] [get] [store]  the published binary beside Orthanc as it is and without Nagle delay, interleaved; alone: without them");
    Console.Error.WriteLine("modify [ROUNDS] [alone]     modification and anonymization by the published binary beside Orthanc, interleaved; alone: without it");
    Console.Error.WriteLine("decode FILE [tools]         speed of every codec on the one frame of a native file, one thread; of DCMTK and GDCM on the same");
    Console.Error.WriteLine("pixels URL-A URL-B FILE [ROW...]  images, transcoding and archives of two running servers side by side, CPU included");
    return 2;
}
