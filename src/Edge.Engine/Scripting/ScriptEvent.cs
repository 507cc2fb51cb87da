using Edge.Core.Ids;
using Edge.Engine.Ingest;

namespace Edge.Engine.Scripting;

/// <summary>Something that scripts are told of.</summary>
/// <param name="Callback">The name of the function.</param>
/// <param name="Id">Its first argument.</param>
/// <param name="Level">The level of the resource; null for a job.</param>
/// <param name="Origin">Of an instance that was there already: where its repetition came from.</param>
/// <param name="Row">Of a stored instance: its row; 0 for everything else.</param>
internal sealed record ScriptEvent(string Callback, string Id, ResourceLevel? Level = null, IngestOrigin? Origin = null, long Row = 0);

/// <summary>The names of Orthanc's callbacks.</summary>
internal static class ScriptCallbacks
{
    public const string Initialize = "Initialize";
    public const string Finalize = "Finalize";
    public const string HeartBeat = "OnHeartBeat";
    public const string StoredInstance = "OnStoredInstance";
    public const string JobSubmitted = "OnJobSubmitted";
    public const string JobSuccess = "OnJobSuccess";
    public const string JobFailure = "OnJobFailure";
    public const string ReceivedInstance = "ReceivedInstanceFilter";
    public const string ReceivedCStoreInstance = "ReceivedCStoreInstanceFilter";
    public const string IncomingHttpRequest = "IncomingHttpRequestFilter";
    public const string IncomingFindRequest = "IncomingFindRequestFilter";
    public const string IncomingWorklistRequest = "IncomingWorklistRequestFilter";
    public const string OutgoingFindRequest = "OutgoingFindRequestFilter";
    public const string OutgoingStore = "OutgoingCStoreInstanceFilter";

    /// <summary>Events, called in the main context.</summary>
    public static readonly string[] Events =
    [
        HeartBeat, StoredInstance, JobSubmitted, JobSuccess, JobFailure,
        "OnStablePatient", "OnStableStudy", "OnStableSeries",
        "OnDeletedPatient", "OnDeletedStudy", "OnDeletedSeries", "OnDeletedInstance",
        "OnUpdatedPatient", "OnUpdatedStudy", "OnUpdatedSeries", "OnUpdatedInstance",
    ];

    /// <summary>Filters, called in a context of their own while something waits for them.</summary>
    public static readonly string[] Filters =
    [
        ReceivedInstance, ReceivedCStoreInstance, IncomingHttpRequest, IncomingFindRequest, IncomingWorklistRequest, OutgoingFindRequest, OutgoingStore,
    ];
}
