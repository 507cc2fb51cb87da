using Edge.Dimse.Protocol;
using Xunit;

namespace Edge.Unit.Tests.Dimse;

/// <summary>Table 9-10 of PS3.8, written down a second time in the standard's own words: by event, "state: action".</summary>
public sealed class AssociationStateMachineTests
{
    private const string Standard = """
        1: 1 AE-1
        2: 4 AE-2
        3: 2 AA-1, 3 AA-8, 5 AE-3, 6 AA-8, 7 AA-8, 8 AA-8, 9 AA-8, 10 AA-8, 11 AA-8, 12 AA-8, 13 AA-6
        4: 2 AA-1, 3 AA-8, 5 AE-4, 6 AA-8, 7 AA-8, 8 AA-8, 9 AA-8, 10 AA-8, 11 AA-8, 12 AA-8, 13 AA-6
        5: 1 AE-5
        6: 2 AE-6, 3 AA-8, 5 AA-8, 6 AA-8, 7 AA-8, 8 AA-8, 9 AA-8, 10 AA-8, 11 AA-8, 12 AA-8, 13 AA-7
        7: 3 AE-7
        8: 3 AE-8
        9: 6 DT-1, 8 AR-7
        10: 2 AA-1, 3 AA-8, 5 AA-8, 6 DT-2, 7 AR-6, 8 AA-8, 9 AA-8, 10 AA-8, 11 AA-8, 12 AA-8, 13 AA-6
        11: 6 AR-1
        12: 2 AA-1, 3 AA-8, 5 AA-8, 6 AR-2, 7 AR-8, 8 AA-8, 9 AA-8, 10 AA-8, 11 AA-8, 12 AA-8, 13 AA-6
        13: 2 AA-1, 3 AA-8, 5 AA-8, 6 AA-8, 7 AR-3, 8 AA-8, 9 AA-8, 10 AR-10, 11 AR-3, 12 AA-8, 13 AA-6
        14: 8 AR-4, 9 AR-9, 12 AR-4
        15: 3 AA-1, 4 AA-2, 5 AA-1, 6 AA-1, 7 AA-1, 8 AA-1, 9 AA-1, 10 AA-1, 11 AA-1, 12 AA-1
        16: 2 AA-2, 3 AA-3, 5 AA-3, 6 AA-3, 7 AA-3, 8 AA-3, 9 AA-3, 10 AA-3, 11 AA-3, 12 AA-3, 13 AA-2
        17: 2 AA-5, 3 AA-4, 4 AA-4, 5 AA-4, 6 AA-4, 7 AA-4, 8 AA-4, 9 AA-4, 10 AA-4, 11 AA-4, 12 AA-4, 13 AR-5
        18: 2 AA-2, 13 AA-2
        19: 2 AA-1, 3 AA-8, 5 AA-8, 6 AA-8, 7 AA-8, 8 AA-8, 9 AA-8, 10 AA-8, 11 AA-8, 12 AA-8, 13 AA-7
        """;

    private static readonly Dictionary<string, int> NextState = new()
    {
        ["AE-1"] = 4, ["AE-2"] = 5, ["AE-3"] = 6, ["AE-4"] = 1, ["AE-5"] = 2, ["AE-6"] = 3, ["AE-7"] = 6, ["AE-8"] = 13,
        ["DT-1"] = 6, ["DT-2"] = 6,
        ["AR-1"] = 7, ["AR-2"] = 8, ["AR-3"] = 1, ["AR-4"] = 13, ["AR-5"] = 1, ["AR-6"] = 7, ["AR-7"] = 8, ["AR-9"] = 11, ["AR-10"] = 12,
        ["AA-1"] = 13, ["AA-2"] = 1, ["AA-3"] = 1, ["AA-4"] = 1, ["AA-5"] = 1, ["AA-6"] = 13, ["AA-7"] = 13, ["AA-8"] = 13,
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryCellIsAsInTheStandard(bool requestor)
    {
        Dictionary<(int State, int Event), string> cells = [];
        foreach (string line in Standard.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] row = line.Split(':');
            foreach (string cell in row[1].Split(',', StringSplitOptions.TrimEntries))
            {
                string[] parts = cell.Split(' ');
                cells.Add((int.Parse(parts[0]), int.Parse(row[0])), parts[1]);
            }
        }

        for (int occurred = 1; occurred <= AssociationStateMachine.Events; occurred++)
        {
            for (int state = 1; state <= AssociationStateMachine.States; state++)
            {
                (AssociationAction action, AssociationState next) = AssociationStateMachine.Next((AssociationState)state, (AssociationEvent)occurred, requestor);
                string at = $"Sta{state}, Evt{occurred}";
                if (!cells.TryGetValue((state, occurred), out string? expected))
                {
                    Assert.True((AssociationAction.None, (AssociationState)state) == (action, next), at);
                    continue;
                }

                int expectedNext = expected == "AR-8" ? requestor ? 9 : 10 : NextState[expected];
                Assert.True(expected.Replace("-", "") == action.ToString(), $"{at}: {action} instead of {expected}");
                Assert.True(expectedNext == (int)next, $"{at}: {next} instead of Sta{expectedNext}");
            }
        }
    }
}
