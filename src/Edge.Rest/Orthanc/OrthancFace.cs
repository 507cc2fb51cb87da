using Edge.Engine;
using Edge.Engine.Remote;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary>All routes of Orthanc's REST API that are served, area by area.</summary>
public static class OrthancFace
{
    public static Route[] Routes(EdgeEngine engine)
    {
        RemoteQueries queries = new(engine.Options.Remote.QueryRetrieveSize);
        ModalityQueries modalityQueries = new(engine, queries);
        return
        [
            .. new SystemInformation(engine).Routes(),
            .. new Resources(engine).Routes(),
            .. new Upload(engine).Routes(),
            .. new InstanceContent(engine).Routes(),
            .. new Attachments(engine).Routes(),
            .. new Metadata(engine).Routes(),
            .. new Labels(engine).Routes(),
            .. new Tags(engine).Routes(),
            .. new ResourceTools(engine).Routes(),
            .. new BulkTools(engine).Routes(),
            .. new ResourceModification(engine).Routes(),
            .. new Creation(engine).Routes(),
            .. new LogLevels().Routes(),
            .. new ServerTools(engine).Routes(),
            .. new Images(engine).Routes(),
            .. new FrameValues(engine).Routes(),
            .. new ArchiveRoutes(engine).Routes(),
            .. new Changes(engine).Routes(),
            .. new Find(engine).Routes(),
            .. new Tools(engine).Routes(),
            .. new Modalities(engine).Routes(),
            .. modalityQueries.Routes(),
            .. new Queries(engine, queries, modalityQueries).Routes(),
            .. new Peers(engine).Routes(),
            .. new StorageCommitments(engine).Routes(),
            .. new Jobs(engine).Routes(),
            .. new Scripting(engine).Routes(),
        ];
    }
}
