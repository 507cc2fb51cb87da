using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Engine;
using Edge.Engine.Ports;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>Runs C-MOVE or C-GET for requests and answers with what a job of it would show.</summary>
public static class RetrieveJson
{
    /// <summary>Values of queries and answers are never cut.</summary>
    public static readonly OrthancJsonOptions Uncut = new() { MaximumLength = 0, Whole = true };

    /// <summary>The title used towards a modality.</summary>
    public static string LocalAet(EdgeEngine engine, ModalityOptions modality, ModalityCall call) =>
        modality.LocalAet.Length > 0 ? modality.LocalAet : string.IsNullOrEmpty(call.LocalAet) ? engine.Options.Dicom.DicomAet : call.LocalAet;

    /// <param name="targetAet">Where C-MOVE sends to; null for C-GET.</param>
    public static async ValueTask RunAsync(
        RestRequest request, EdgeEngine engine, ModalityOptions modality, ModalityCall call, string? targetAet, List<DataSet> identifiers, TagFormat format, bool permissive, string[] sopClasses)
    {
        List<RetrieveOutcome> outcomes = targetAet is null
            ? await engine.ModalityClient.GetAsync(modality, call, identifiers, sopClasses, request.Aborted).ConfigureAwait(false)
            : await engine.ModalityClient.MoveAsync(modality, call, targetAet, identifiers, request.Aborted).ConfigureAwait(false);
        foreach (RetrieveOutcome outcome in outcomes)
        {
            if (!outcome.IsDone && !permissive)
            {
                throw new EdgeException(ErrorCode.NetworkProtocol, $"{(targetAet is null ? "C-GET" : "C-MOVE")} SCU to AET \"{modality.Aet}\" has failed with DIMSE status 0x{outcome.Status:X4}")
                {
                    HttpStatus = outcome.Status == 0xC000 ? 422 : null,
                };
            }
        }

        await request.Json((engine, modality, call, targetAet, identifiers, outcomes, format), static (writer, done) =>
        {
            writer.WriteStartObject();
            writer.WriteString("Description"u8, "REST API"u8);
            writer.WriteStartArray("Details"u8);
            for (int i = 0; i < done.outcomes.Count; i++)
            {
                writer.WriteStartObject();
                writer.WriteNumber("DimseErrorStatus"u8, done.outcomes[i].Status);
                writer.WritePropertyName("Query"u8);
                OrthancTagsJson.Write(writer, done.identifiers[i], done.format, Uncut);
                writer.Texts("ReceivedInstancesIds"u8, done.outcomes[i].Received);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("LocalAet"u8, LocalAet(done.engine, done.modality, done.call));
            writer.WriteStartArray("Query"u8);
            foreach (DataSet identifier in done.identifiers)
            {
                OrthancTagsJson.Write(writer, identifier, done.format, Uncut);
            }

            writer.WriteEndArray();
            writer.WriteString("RemoteAet"u8, done.modality.Aet);
            if (done.targetAet is not null)
            {
                writer.WriteString("TargetAet"u8, done.targetAet);
            }

            writer.WriteEndObject();
        }).ConfigureAwait(false);
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
