using Edge.Benchmarks.Forwarding;
using Edge.Benchmarks.Imaging;
using Edge.Benchmarks.Pixels;
using Edge.Benchmarks.Store;

return args switch
{
    ["format", .. var files] => FormatBenchmark.Run(files),
    ["ingest", .. var rest] => await IngestBenchmark.Run(rest),
    ["find", var count] => await FindBenchmark.Run(int.Parse(count)),
    ["load", var folder] => await PowerCut.Load(folder),
    ["audit", var folder, var acknowledged] => await PowerCut.Audit(folder, acknowledged),
    ["forwarding", .. var parts] => await ForwardingBenchmark.Run(parts),
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
    Console.Error.WriteLine("load FOLDER                stores, overwrites, deletes and recycles until killed; a line for each acknowledged instance");
    Console.Error.WriteLine("audit FOLDER LINES         looks for everything that those lines acknowledge");
    Console.Error.WriteLine("forwarding [rate] [ingest] [backlog]  the published binary: rate over one association, ingest beside it, 100,000 rows of backlog");
    Console.Error.WriteLine("decode FILE [tools]         speed of every codec on the one frame of a native file, one thread; of DCMTK and GDCM on the same");
    Console.Error.WriteLine("pixels URL-A URL-B FILE [ROW...]  images, transcoding and archives of two running servers side by side, CPU included");
    return 2;
}
