using System.Text.Json;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Engine.Jobs;

namespace Edge.Engine.Modification.Deriving;

/// <summary><c>ResourceModification</c>: makes modified or anonymized copies of instances.</summary>
/// <param name="outputLevel">The level of the one result of a route such as <c>/studies/{id}/modify</c>; null for a bulk request, which lists them all.</param>
/// <param name="anonymousName">The PatientName of an anonymization.</param>
public sealed class ResourceModificationJob(DerivationPlan plan, ModificationRequest request, ResourceLevel? outputLevel, string anonymousName) : DerivationJob(plan)
{
    public const string TypeName = "ResourceModification";

    public override string Type => TypeName;

    protected override bool? NotesAnonymization => request.IsAnonymization;

    protected override WantedSyntax Transcoding => new(request.Transcode, request.LossyQuality, KeepsOnFailure: true);

    /// <summary>Makes the job again from what <see cref="WriteRequest"/> wrote.</summary>
    public static ResourceModificationJob FromRequest(EdgeEngine engine, JsonElement saved)
    {
        JsonElement body = saved.GetProperty("body");
        bool anonymizes = saved.GetProperty("anonymizes").GetBoolean();
        ResourceLevel? level = saved.GetProperty("routeLevel") is { ValueKind: JsonValueKind.Number } number ? (ResourceLevel)number.GetInt32() : null;
        ModificationRequest request = anonymizes ? ModificationParser.ParseAnonymize(body) : ModificationParser.ParseModify(body, level);
        return new ResourceModificationJob(DerivationPlan.Parse(saved), request with { KeepSource = saved.GetProperty("keepSource").GetBoolean() }, level, saved.TextOf("name"));
    }

    public override void WriteRequest(Utf8JsonWriter json)
    {
        Plan.Write(json);
        json.WriteBoolean("anonymizes"u8, request.IsAnonymization);
        if (outputLevel is { } level)
        {
            json.WriteNumber("routeLevel"u8, (int)level);
        }
        else
        {
            json.WriteNull("routeLevel"u8);
        }

        json.WriteString("name"u8, anonymousName);
        json.WritePropertyName("body"u8);
        request.Source.WriteTo(json);
    }

    public override void WriteContent(Utf8JsonWriter json)
    {
        json.WriteString("Description"u8, "REST API");
        json.WriteNumber("FailedInstancesCount"u8, FailedCount);
        OrthancIdentifiers? made = LastMade;
        if (outputLevel is { } level && made is not null)
        {
            json.WriteString("ID"u8, IdOf(made, level));
        }

        json.WriteNumber("InstancesCount"u8, Plan.Instances.Count);
        json.WriteBoolean("IsAnonymization"u8, request.IsAnonymization);
        json.Texts("ParentResources"u8, Plan.Resources);
        if (outputLevel is { } one && made is not null)
        {
            json.WriteString("Path"u8, PathOf(one, IdOf(made, one)));
            json.WriteString("PatientID"u8, made.Patient);
        }

        if (outputLevel is null)
        {
            json.WriteStartArray("Resources"u8);
            foreach ((ResourceLevel each, string id) in Made())
            {
                json.WriteStartObject();
                json.WriteString("ID"u8, id);
                json.WriteString("Path"u8, PathOf(each, id));
                json.WriteString("Type"u8, each.ToString());
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (request.Transcode is not null)
        {
            json.WriteString("Transcode"u8, request.Transcode);
        }

        if (outputLevel is { } type && made is not null)
        {
            json.WriteString("Type"u8, type.ToString());
        }
    }

    protected override ValueTask<IDataSetEditor> OpenEditorAsync(EdgeEngine engine, CancellationToken cancellation) =>
        ValueTask.FromResult<IDataSetEditor>(new RequestEditor(request, engine.Modifications.ContextOf(Plan.Key, anonymousName)));

    private static string IdOf(OrthancIdentifiers made, ResourceLevel level) => level switch
    {
        ResourceLevel.Patient => made.Patient,
        ResourceLevel.Study => made.Study,
        ResourceLevel.Series => made.Series,
        _ => made.Instance,
    };

    private static string PathOf(ResourceLevel level, string id) => level switch
    {
        ResourceLevel.Patient => "/patients/" + id,
        ResourceLevel.Study => "/studies/" + id,
        ResourceLevel.Series => "/series/" + id,
        _ => "/instances/" + id,
    };
}
