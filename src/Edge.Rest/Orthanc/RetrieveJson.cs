using System.Text.Json;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Engine;
using Edge.Engine.Jobs.Transfers;
using Edge.Engine.Ports;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>Submits C-MOVE or C-GET for requests.</summary>
public static class RetrieveJson
{
    /// <summary>Values of queries and answers are never cut.</summary>
    public static readonly OrthancJsonOptions Uncut = new() { MaximumLength = 0, Whole = true };

    /// <summary>The title used towards a modality.</summary>
    public static string LocalAet(EdgeEngine engine, ModalityOptions modality, ModalityCall call) =>
        modality.LocalAet.Length > 0 ? modality.LocalAet : string.IsNullOrEmpty(call.LocalAet) ? engine.Options.Dicom.DicomAet : call.LocalAet;

    /// <param name="targetAet">Where C-MOVE sends to; null for C-GET.</param>
    public static ValueTask RunAsync(
        RestRequest request, EdgeEngine engine, ModalityOptions modality, ModalityCall call, string? targetAet, List<DataSet> identifiers, TagFormat format, JobFields job, string[] sopClasses)
    {
        RetrieveRequest retrieve = new(modality, call, targetAet, identifiers, format, sopClasses, LocalAet(engine, modality, call), job.Permissive);
        return JobSubmission.AnswerAsync(request, engine, new RetrieveJob(retrieve), job);
    }

    /// <summary>The format that a body's <c>Full</c>, <c>Short</c> or <c>Simplify</c> asks for.</summary>
    public static TagFormat FormatOf(JsonElement? fields, TagFormat otherwise) => fields switch
    {
        null => otherwise,
        { } body when body.Boolean("Simplify", absent: false) => TagFormat.Simplified,
        { } body when body.Boolean("Short", absent: false) => TagFormat.Short,
        { } body when body.Boolean("Full", absent: false) => TagFormat.Full,
        _ => otherwise,
    };
}
